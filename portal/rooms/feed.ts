import type { Cursor } from '../../common/contract/client.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../../common/contract/log.ts';
import { positionOf, Tail, type TailLimits } from '../../common/room-log/tail.ts';

/** A message of a room's owner. */
export interface Message {
  epoch: number;
  /** Number of the last entry that this owner sent here before; null: there was none. */
  after: number | null;
  entries: readonly LogEntry[];
}

/** Before everything. */
export const beginning: Cursor = { epoch: 0, seq: -1 };

export const later = (a: Cursor, b: Cursor): Cursor => (isAfter(a, b) ? a : b);

/**
 * Texts that are kept although everybody here has them: for somebody whose portal dies together with the owner of the
 * room, whoever still has them is all there is.
 */
const maxTexts = 100;

/** What the owner of a room has told this portal: the end of the log, and how far it has come without a gap. */
export class Feed {
  readonly #limits: TailLimits;
  #tail: Tail;
  #texts: Tail;
  /** All that was meant for this portal up to here has come; undefined while nobody here needs it. */
  #reached: Cursor | undefined;
  /** Whether anything came since the first participant joined. */
  #heard = false;

  constructor(limits: TailLimits) {
    this.#limits = limits;
    this.#tail = new Tail(limits, beginning);
    this.#texts = this.#textTail();
  }

  get tail(): Tail {
    return this.#tail;
  }

  get reached(): Cursor | undefined {
    return this.#reached;
  }

  /** All that is left of the log here, in order. */
  log(): StampedEntry[] {
    const { floor } = this.#tail;
    const older = this.#texts.all().filter((stamped) => !isAfter(positionOf(stamped), floor));
    return [...older, ...this.#tail.all()];
  }

  /** Nobody is left here: what comes until somebody joins is not kept. */
  reset(): void {
    this.#tail = new Tail(this.#limits, beginning);
    this.#texts = this.#textTail();
    this.#reached = undefined;
    this.#heard = false;
  }

  /** A participant needs all that follows this position. */
  need(position: Cursor): void {
    // Answers of the room may overtake each other, so the first one is not always the earliest.
    if (this.#reached === undefined || (!this.#heard && isAfter(this.#reached, position))) {
      this.#reached = position;
    }
  }

  /** Whether something between what came before and this message may have been lost. */
  misses({ epoch, after, entries }: Message): boolean {
    const reached = this.#reached;
    if (reached === undefined || epoch < reached.epoch) return false;
    if (epoch === reached.epoch) return after === null ? this.#heard : after > reached.seq;
    // A new owner goes on counting where all that is known of the log ends, so the numbers show what did not come here.
    const first = entries.find(({ seq }) => seq !== null)?.seq ?? null;
    return after !== null || (first !== null && first > reached.seq + 1);
  }

  /** Forgets what is too old to be asked for. */
  sweep(): void {
    this.#tail.sweep();
    this.#texts.sweep();
  }

  /** Adds a numbered entry; false when it has come before. */
  add(stamped: StampedEntry): boolean {
    this.reach(positionOf(stamped));
    if (stamped.entry.event.name === 'text') this.#texts.add(stamped);
    return this.#tail.add(stamped);
  }

  /** All up to here has come. */
  reach(position: Cursor): void {
    this.#heard = true;
    this.#reached = later(position, this.#reached ?? position);
  }

  #textTail(): Tail {
    const { bytes, ageMs } = this.#limits;
    return new Tail({ entries: maxTexts, bytes: bytes / 4, ageMs }, beginning);
  }
}
