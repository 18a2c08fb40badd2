import type { MemberId } from '../common/contract/ids.ts';
import type { LeaveReason } from '../common/contract/reasons.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';

/** Participants whose signalling connection is gone: their place and their media are kept for a while. */
export class Absence {
  readonly #core: RoomCore;
  readonly #leave: (participant: Participant, reason: LeaveReason) => void;
  readonly #timers = new Map<Participant, NodeJS.Timeout>();

  /** @param leave takes a participant out whose time is up */
  constructor(core: RoomCore, leave: (participant: Participant, reason: LeaveReason) => void) {
    this.#core = core;
    this.#leave = leave;
  }

  /** How long a place is kept, ms; 0: not at all. */
  get windowMs(): number {
    return this.#core.config.reconnection.window_ms;
  }

  /** Its connection broke. A client that says when it will be back is waited for no longer than that, ms. */
  begin(participant: Participant, returnWithinMs = this.windowMs): void {
    const at = Date.now();
    const until = at + Math.min(returnWithinMs, this.windowMs);
    const { lost } = participant;
    // The same break may be told twice, by its portal and by the death of that portal.
    participant.lost = { at: lost?.at ?? at, until: Math.min(lost?.until ?? until, until) };
    if (lost === undefined) this.#tell(participant, 'lost');
    this.#wait(participant);
  }

  /** One that was lost already when this process took the room over. */
  resume(participant: Participant): void {
    if (participant.lost !== undefined) this.#wait(participant);
  }

  /** It is back. */
  end(participant: Participant): void {
    this.forget(participant);
    if (participant.lost === undefined) return;
    participant.lost = undefined;
    this.#tell(participant, 'ok');
  }

  /** It left. */
  forget(participant: Participant): void {
    clearTimeout(this.#timers.get(participant));
    this.#timers.delete(participant);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #wait(participant: Participant): void {
    clearTimeout(this.#timers.get(participant));
    const remaining = Math.max(0, (participant.lost?.until ?? 0) - Date.now());
    const timer = setTimeout(() => {
      this.forget(participant);
      this.#leave(participant, 'reconnect_timeout');
    }, remaining);
    this.#timers.set(participant, timer);
  }

  #tell({ id }: Participant, connection: 'ok' | 'lost'): void {
    const { journal, roomConfig } = this.#core;
    if (!roomConfig.notify_participants) return;
    journal.tellAll({ name: 'participant', data: { action: 'connection', data: id, connection } }, [id]);
  }
}

/** Those whom a portal holds. */
export const heldBy = (participants: Iterable<Participant>, portal: MemberId): Participant[] =>
  [...participants].filter((participant) => participant.portal === portal && !participant.stranded);
