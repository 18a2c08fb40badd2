import type { Cursor } from '../contract/client.ts';
import type { ParticipantId } from '../contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../contract/log.ts';

export interface TailLimits {
  entries: number;
  /** JSON text of the entries together. */
  bytes: number;
  ageMs: number;
}

/** What there is after a position; `complete`: nothing of it has been forgotten. */
export interface Rest {
  complete: boolean;
  entries: StampedEntry[];
}

interface Kept {
  stamped: StampedEntry;
  bytes: number;
  at: number;
}

/** Whether an entry is meant for a participant. */
export function concerns({ to, except }: LogEntry, id: ParticipantId): boolean {
  return to === 'all' ? except?.includes(id) !== true : to.includes(id);
}

/** Position of a numbered entry. */
export const positionOf = ({ epoch, entry }: StampedEntry): Cursor => ({ epoch, seq: entry.seq ?? -1 });

/**
 * The end of a room's log, kept for those who were not told: by the owner for everybody, by a portal for its own
 * participants until they have acknowledged it. Bounded by number, size and age; the oldest go first.
 */
export class Tail {
  readonly #limits: TailLimits;
  readonly #now: () => number;
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #floor: Cursor;
  #last: Cursor;

  /** @param start everything up to here is not kept */
  constructor(limits: TailLimits, start: Cursor, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#floor = start;
    this.#last = start;
    this.#now = now;
  }

  /** Everything that was added after this position is here. */
  get floor(): Cursor {
    return this.#floor;
  }

  /** Position of the newest entry. */
  get last(): Cursor {
    return this.#last;
  }

  get size(): number {
    return this.#kept.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a numbered entry; one that is not after the newest is known already. Returns whether it was added. */
  add(stamped: StampedEntry): boolean {
    const position = positionOf(stamped);
    if (stamped.entry.seq === null || !isAfter(position, this.#last)) return false;
    this.#last = position;
    const bytes = JSON.stringify(stamped.entry).length;
    this.#kept.push({ stamped, bytes, at: this.#now() });
    this.#bytes += bytes;
    this.#bound();
    return true;
  }

  after(cursor: Cursor): Rest {
    const entries: StampedEntry[] = [];
    for (let index = this.#kept.length - 1; index >= 0; index -= 1) {
      const { stamped } = this.#kept[index] as Kept;
      if (!isAfter(positionOf(stamped), cursor)) break;
      entries.push(stamped);
    }
    return { complete: !isAfter(this.#floor, cursor), entries: entries.reverse() };
  }

  /** All that is kept. */
  all(): StampedEntry[] {
    return this.#kept.map(({ stamped }) => stamped);
  }

  /** Nobody needs what is not after this position any more. */
  forget(upTo: Cursor): void {
    const index = this.#kept.findIndex(({ stamped }) => isAfter(positionOf(stamped), upTo));
    this.#drop(index === -1 ? this.#kept.length : index);
  }

  /** Forgets what has become too old. */
  sweep(): void {
    this.#bound();
  }

  #bound(): void {
    const { entries, bytes, ageMs } = this.#limits;
    const oldest = this.#now() - ageMs;
    let size = this.#bytes;
    let count = 0;
    for (const kept of this.#kept) {
      if (this.#kept.length - count <= entries && size <= bytes && kept.at >= oldest) break;
      size -= kept.bytes;
      count += 1;
    }
    this.#drop(count);
  }

  #drop(count: number): void {
    for (const { stamped, bytes } of this.#kept.splice(0, count)) {
      this.#bytes -= bytes;
      this.#floor = positionOf(stamped);
    }
  }
}
