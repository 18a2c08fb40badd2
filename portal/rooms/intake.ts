import type { Bus } from '../../common/bus/bus.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, RoomId } from '../../common/contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../../common/contract/log.ts';
import { positionOf } from '../../common/room-log/tail.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Message } from './feed.ts';
import type { RoomClient } from './room-client.ts';
import type { RoomRecord, Roster } from './roster.ts';

export interface IntakeOptions {
  bus: Pick<Bus, 'onState'>;
  portal: MemberId;
  roster: Roster;
  owners: Owners;
  rooms: Pick<RoomClient, 'call'>;
  /** Takes each entry, in order. */
  pass: (record: RoomRecord, stamped: StampedEntry) => void;
  /** Messages of a room that wait while what is missing is asked for, at most this many entries. */
  maxWaiting: number;
  log: Logger;
}

/** A room whose owner is being asked what did not arrive. */
interface Asking {
  waiting: Message[];
  count: number;
  /** What came meanwhile was too much, or the bus broke once more. */
  again: boolean;
}

/** How long an owner is asked for what is missing before the room goes on without it, ms. */
const persistMs = 30_000;

/**
 * What room owners send to this portal. The bus may lose messages when its connection breaks: each one says what came
 * before it, and when that is not here the owner is asked, and what comes meanwhile waits.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #asking = new Map<RoomRecord, Asking>();
  readonly #stopListening: () => void;
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#stopListening = options.bus.onState((state) => {
      if (state === 'up') this.#askAll();
    });
  }

  /**
   * Entries of a room's log.
   * @throws PorticoError `stale_owner` when the room has a newer owner.
   */
  deliver(room: RoomId, owner: Owner, after: number | null, entries: readonly LogEntry[]): void {
    this.#options.owners.accept(room, owner);
    const record = this.#options.roster.get(room);
    if (record === undefined) return;
    const message = { epoch: owner.epoch, after, entries };
    if (record.attendees.size + record.joining.size === 0) {
      for (const stamped of stamp(message)) note(record, stamped);
      return;
    }
    const asking = this.#asking.get(record);
    if (asking !== undefined) this.#wait(asking, message);
    else if (record.feed.misses(message)) this.#ask(record, [message]);
    else this.#pass(record, message);
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
  }

  /** The connection to the bus broke: nobody knows what was lost with it. */
  #askAll(): void {
    for (const record of this.#options.roster.rooms()) {
      const asking = this.#asking.get(record);
      if (asking !== undefined) asking.again = true;
      else if (record.feed.reached !== undefined) this.#ask(record, []);
    }
  }

  #ask(record: RoomRecord, waiting: Message[]): void {
    const asking = { waiting: [], count: 0, again: false };
    this.#asking.set(record, asking);
    for (const message of waiting) this.#wait(asking, message);
    void this.#fill(record, asking);
  }

  #wait(asking: Asking, message: Message): void {
    asking.count += message.entries.length;
    if (asking.count <= this.#options.maxWaiting) {
      asking.waiting.push(message);
      return;
    }
    // The owner keeps no more than this either.
    asking.waiting = [];
    asking.count = 0;
    asking.again = true;
  }

  async #fill(record: RoomRecord, asking: Asking): Promise<void> {
    let filled = await this.#askOnce(record, asking);
    while (asking.again && !this.#closed) {
      asking.again = false;
      filled = await this.#askOnce(record, asking);
    }
    this.#asking.delete(record);
    const { waiting } = asking;
    for (const [index, message] of waiting.entries()) {
      // The first one is not asked for twice, whatever the answer was.
      if (filled && index > 0 && record.feed.misses(message)) {
        this.#ask(record, waiting.slice(index));
        return;
      }
      this.#pass(record, message);
    }
  }

  /** Returns false when the owner does not tell. */
  async #askOnce(record: RoomRecord, asking: Asking): Promise<boolean> {
    const { rooms, portal, log } = this.#options;
    const deadline = performance.now() + persistMs;
    for (let attempt = 0; ; attempt += 1) {
      const { reached: cursor } = record.feed;
      // Everybody has left meanwhile, or the portal ends.
      if (cursor === undefined || this.#closed) return false;
      try {
        const { owner, result } = await rooms.call(record.id, 'missed', { portal, cursor });
        log.info({ room: record.id, complete: result.complete, count: result.entries.length }, 'gap filled');
        this.#join(record, asking, result.entries);
        record.feed.reach({ epoch: owner.epoch, seq: result.seq });
        return true;
      } catch (error) {
        const { code, retryable } = PorticoError.from(error);
        if (!retryable || performance.now() > deadline) {
          log.error({ room: record.id, code }, 'notifications lost');
          return false;
        }
        await pause(backoff(attempt, { baseMs: 50, maxMs: 1_000 }));
      }
    }
  }

  /** The answer and what came meanwhile, in the order of the log: an answer with gaps has neither all nor the newest. */
  #join(record: RoomRecord, asking: Asking, answer: readonly StampedEntry[]): void {
    const last = answer.at(-1);
    const waiting = asking.waiting.flatMap(stamp);
    const earlier = waiting.filter(
      (stamped) => stamped.entry.seq !== null && last !== undefined && isBefore(stamped, last),
    );
    const all = [...answer, ...earlier].sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
    for (const stamped of all) this.#take(record, stamped);
  }

  #pass(record: RoomRecord, message: Message): void {
    for (const stamped of stamp(message)) this.#take(record, stamped);
  }

  #take(record: RoomRecord, stamped: StampedEntry): void {
    note(record, stamped);
    this.#options.pass(record, stamped);
  }
}

/** The highest number seen is worth something to the next owner. */
function note(record: RoomRecord, { entry: { seq } }: StampedEntry): void {
  if (seq !== null) record.seq = Math.max(record.seq, seq);
}

const stamp = ({ epoch, entries }: Message): StampedEntry[] => entries.map((entry) => ({ epoch, entry }));

const isBefore = (a: StampedEntry, b: StampedEntry): boolean => isAfter(positionOf(b), positionOf(a));
