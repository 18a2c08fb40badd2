import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import { clientNotifications, type Cursor, type Notification } from '../common/contract/client.ts';
import type { Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../common/contract/log.ts';
import { portalContract } from '../common/contract/portal.ts';
import { backoff, pause } from '../common/lifecycle/wait.ts';
import type { Logger } from '../common/observe/log.ts';
import { Tail, type Rest, type TailLimits } from '../common/room-log/tail.ts';

/** Entries in one message at most. */
const batch = 200;

/** Entries on their way to one portal: one message at a time, so that they arrive in order and in as few as possible. */
interface Outbox {
  waiting: LogEntry[];
  /** Called when what waits has been handed over, or could not be at the first attempt. */
  onTried: (() => void)[];
  /** The same for what is being sent. */
  onSent: (() => void)[];
  /** Ends the pause between two attempts. */
  dropped: AbortController;
}

export interface RoomLogOptions {
  room: RoomId;
  owner: Owner;
  bus: Bus;
  log: Logger;
  /** First number minus one. */
  seq: number;
  /** How much is kept for participants who are away. */
  keep: TailLimits;
  /** Portals that hold at least one of the participants; of all participants when undefined. */
  portalsOf: (participants?: readonly ParticipantId[]) => Iterable<MemberId>;
  /** Nobody serves this portal's address. Its entries wait until it is served again or `forget` is called. */
  onUnserved: (portal: MemberId) => void;
}

/** What happens in a room, numbered: every notification of the room goes through here, to each portal in order. */
export class RoomLog {
  readonly #options: RoomLogOptions;
  readonly #caller: Caller<typeof portalContract>;
  readonly #outboxes = new Map<MemberId, Outbox>();
  readonly #tail: Tail;
  /** Number of the last entry that each portal was sent: it sees when something on the way to it was lost. */
  readonly #sent = new Map<MemberId, number>();
  #seq: number;
  #closed = false;

  constructor(options: RoomLogOptions) {
    this.#options = options;
    this.#caller = new Caller(options.bus, portalContract);
    this.#seq = options.seq;
    this.#tail = new Tail(options.keep, { epoch: options.owner.epoch, seq: options.seq });
  }

  /** Number of the newest entry. */
  get seq(): number {
    return this.#seq;
  }

  /** Tells all participants, but those named. */
  tellAll(event: Notification, except: ParticipantId[] = []): void {
    const to = { to: 'all' as const, ...(except.length === 0 ? {} : { except }) };
    this.#dispatch(this.#write(event, to), this.#options.portalsOf());
  }

  /** Tells some participants; returns the entry. */
  tell(participants: ParticipantId[], event: Notification): StampedEntry {
    const entry = this.#write(event, { to: participants });
    this.#dispatch(entry, this.#options.portalsOf(participants));
    return { epoch: this.#options.owner.epoch, entry };
  }

  /** What was said after a position, as far as it is kept. */
  after(cursor: Cursor): Rest {
    return this.#tail.after(cursor);
  }

  /**
   * Whether all that was said after a position is kept. For one of an earlier owner: whether all of this owner is, as
   * each begins with the state of the room.
   */
  continues(cursor: Cursor): boolean {
    const { owner, seq } = this.#options;
    const { floor } = this.#tail;
    return cursor.epoch === owner.epoch ? !isAfter(floor, cursor) : floor.seq === seq;
  }

  /**
   * Resolves when the broker has all that was told so far, and the loss of this process loses nothing of it. A portal
   * that cannot be reached is not waited for.
   */
  async handedOver(): Promise<void> {
    const outboxes = [...this.#outboxes.values()];
    await Promise.all(
      outboxes.map(
        ({ waiting, onTried, onSent }) =>
          new Promise<void>((resolve) => {
            (waiting.length > 0 ? onTried : onSent).push(resolve);
          }),
      ),
    );
  }

  /** The portal is gone with its participants. */
  forget(portal: MemberId): void {
    const outbox = this.#outboxes.get(portal);
    this.#outboxes.delete(portal);
    this.#sent.delete(portal);
    if (outbox === undefined) return;
    outbox.waiting.length = 0;
    outbox.dropped.abort();
    settle(outbox.onTried);
    settle(outbox.onSent);
  }

  /** Nothing is sent from now on. */
  close(): void {
    this.#closed = true;
    for (const portal of [...this.#outboxes.keys()]) this.forget(portal);
  }

  #write(event: Notification, to: Pick<LogEntry, 'to' | 'except'>): LogEntry {
    if (!clientNotifications[event.name].logged) return { seq: null, event, ...to };
    this.#seq += 1;
    const entry = { seq: this.#seq, event, ...to };
    this.#tail.add({ epoch: this.#options.owner.epoch, entry });
    return entry;
  }

  #dispatch(entry: LogEntry, portals: Iterable<MemberId>): void {
    if (this.#closed) return;
    for (const portal of portals) {
      const running = this.#outboxes.get(portal);
      if (running === undefined) this.#start(portal, entry);
      else running.waiting.push(entry);
    }
  }

  #start(portal: MemberId, entry: LogEntry): void {
    const outbox = { waiting: [entry], onTried: [], onSent: [], dropped: new AbortController() };
    this.#outboxes.set(portal, outbox);
    void this.#drain(portal, outbox);
  }

  async #drain(portal: MemberId, outbox: Outbox): Promise<void> {
    // What the same turn of the event loop adds travels in the same message.
    await Promise.resolve();
    while (outbox.waiting.length > 0) {
      outbox.onSent.push(...outbox.onTried.splice(0));
      await this.#send(portal, outbox, outbox.waiting.splice(0));
      settle(outbox.onSent);
    }
    if (this.#outboxes.get(portal) === outbox) this.#outboxes.delete(portal);
  }

  /** Repeats until the broker has it (a portal skips what it has seen) or the portal is forgotten. */
  async #send(portal: MemberId, outbox: Outbox, entries: LogEntry[]): Promise<void> {
    if (entries.length > batch) {
      await this.#sendHalves(portal, outbox, entries);
      return;
    }
    const { room, owner, log } = this.#options;
    const { signal } = outbox.dropped;
    const after = this.#sent.get(portal) ?? null;
    const last = entries.findLast(({ seq }) => seq !== null)?.seq ?? after;
    if (last !== null) this.#sent.set(portal, last);
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#caller.send(memberAddress(portal), 'room.deliver', { room, owner, after, entries });
        return;
      } catch (error) {
        const { code, message } = PorticoError.from(error);
        if (code === 'too_large' && entries.length > 1) {
          if (after === null) this.#sent.delete(portal);
          else this.#sent.set(portal, after);
          await this.#sendHalves(portal, outbox, entries);
          return;
        }
        if (code !== 'unavailable' && code !== 'connection_lost') {
          log.error({ room, portal, code, reason: message }, 'notifications not delivered');
          return;
        }
        if (code === 'unavailable') this.#options.onUnserved(portal);
        // Nobody waits for a portal that is out of reach.
        settle(outbox.onSent);
        await pause(backoff(attempt, { baseMs: 50, maxMs: 500 }), signal);
      }
    }
  }

  async #sendHalves(portal: MemberId, outbox: Outbox, entries: LogEntry[]): Promise<void> {
    const half = entries.length >> 1;
    await this.#send(portal, outbox, entries.slice(0, half));
    await this.#send(portal, outbox, entries.slice(half));
  }
}

function settle(callbacks: (() => void)[]): void {
  for (const callback of callbacks.splice(0)) callback();
}
