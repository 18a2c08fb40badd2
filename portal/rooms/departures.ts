import { PorticoError } from '../../common/contract/errors.ts';
import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import type { MemberId, ParticipantId, RoomId } from '../../common/contract/ids.ts';
import type { LeaveReason } from '../../common/contract/reasons.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { RoomClient } from './room-client.ts';

export interface DeparturesOptions {
  rooms: Pick<RoomClient, 'call'>;
  portal: MemberId;
  log: Logger;
}

export interface Leaver {
  room: RoomId;
  id: ParticipantId;
}

export interface DetachOptions {
  /** Shortens the time for which its place is kept. */
  returnWithinMs?: number | undefined;
  timeoutMs?: number | undefined;
}

/** What the room says of one that is away: how long its place is kept, or that it is not there (any more). */
export type Detached = { known: true; lost: ParticipantRecord['lost'] } | { known: false };

/** How long a room without owner is told that somebody left, ms; later its next owner finds out from the inventories. */
const persistMs = 30_000;

const keyOf = ({ room, id }: Leaver) => `${room} ${id}`;

/** Tells rooms that participants are gone, or away. */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #running = new Map<string, Set<Promise<unknown>>>();

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** It left. Resolves when the room knows, or has not been reachable for long; never rejects. */
  async report(leaver: Leaver, reason: LeaveReason, timeoutMs = persistMs): Promise<void> {
    await this.#track(leaver, this.#report(leaver, reason, timeoutMs));
  }

  /** Its connection broke. Resolves with what the room says, or undefined when it was not reachable for long. */
  detach(
    leaver: Leaver,
    { returnWithinMs, timeoutMs = persistMs }: DetachOptions = {},
  ): Promise<Detached | undefined> {
    return this.#track(leaver, this.#detach(leaver, returnWithinMs, timeoutMs));
  }

  /** Resolves when nothing is on its way any more, of one participant or all. */
  async settled(leaver?: Leaver): Promise<void> {
    const running =
      leaver === undefined
        ? [...this.#running.values()].flatMap((one) => [...one])
        : [...(this.#running.get(keyOf(leaver)) ?? [])];
    await Promise.all(running);
  }

  #track<T>(leaver: Leaver, running: Promise<T>): Promise<T> {
    const key = keyOf(leaver);
    const all = this.#running.get(key) ?? new Set();
    this.#running.set(key, all);
    const tracked = running.finally(() => {
      all.delete(tracked);
      if (all.size === 0 && this.#running.get(key) === all) this.#running.delete(key);
    });
    all.add(tracked);
    return tracked;
  }

  async #report({ room, id }: Leaver, reason: LeaveReason, timeoutMs: number): Promise<void> {
    const { rooms, portal, log } = this.#options;
    const by = { participant: id, portal };
    try {
      await rooms.call(room, 'leave', { by, reason }, { timeoutMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (isUnknown(code)) return;
      log.warn({ room, participant: id, reason, code }, 'leave not reported');
    }
  }

  async #detach(
    { room, id }: Leaver,
    returnWithinMs: number | undefined,
    timeoutMs: number,
  ): Promise<Detached | undefined> {
    const { rooms, portal, log } = this.#options;
    const by = { participant: id, portal };
    const params = returnWithinMs === undefined ? { by } : { by, returnWithinMs };
    try {
      const { result } = await rooms.call(room, 'detach', params, { timeoutMs });
      return { known: true, lost: result.lost };
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (isUnknown(code)) return { known: false };
      log.warn({ room, participant: id, code }, 'lost connection not reported');
      return undefined;
    }
  }
}

const isUnknown = (code: PorticoError['code']) =>
  code === 'participant_not_found' || code === 'room_not_found';
