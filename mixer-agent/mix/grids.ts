import { blockMs } from './media.ts';

/** Sound that is further behind than this is given up, ms: the process was suspended. */
const patienceMs = 500;

/** A point of a grid: its number, and the time it stands for (ms). */
export interface Point {
  readonly number: number;
  readonly at: number;
}

/** When blocks of sound are due. Each comes, also late, unless the process was suspended. */
export class BlockGrid {
  readonly #start: number;
  #next = 0;

  constructor(start: number) {
    this.#start = start;
  }

  /** When the next one is due, ms. */
  get due(): number {
    return this.#start + this.#next * blockMs;
  }

  /** The next block, if it is due. */
  take(now: number): Point | undefined {
    if (now - this.due > patienceMs) this.#next = Math.floor((now - this.#start) / blockMs);
    if (this.due > now) return undefined;
    const point = { number: this.#next, at: this.due };
    this.#next += 1;
    return point;
  }
}

/** When pictures are due. One that comes too late to be seen is left out; the points of the others do not move. */
export class TickGrid {
  readonly #start: number;
  readonly framerate: number;
  #next = 0;
  #late = 0;
  #skipped = 0;

  constructor(start: number, framerate: number) {
    this.#start = start;
    this.framerate = framerate;
  }

  get due(): number {
    return this.#at(this.#next);
  }

  /** Ticks that came more than half a frame late. */
  get late(): number {
    return this.#late;
  }

  /** Ticks that did not come at all. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The newest tick that is due and has not been taken yet. */
  take(now: number): Point | undefined {
    // Rounding must not make a tick due before its time is reached.
    const newest = Math.floor(((now - this.#start) * this.framerate) / 1000 + 1e-9);
    if (newest < this.#next) return undefined;
    const at = this.#at(newest);
    this.#skipped += newest - this.#next;
    if (newest > this.#next || now - at > 500 / this.framerate) this.#late += 1;
    this.#next = newest + 1;
    return { number: newest, at };
  }

  #at(tick: number): number {
    return this.#start + (tick * 1000) / this.framerate;
  }
}
