import type { SourceUnit } from './track-line.ts';

/** Decoding more than this would take too long when somebody waits for it. */
const mostMs = 10_000;
const mostBytes = 24 * 1024 * 1024;

/** What was played of a group of pictures, from its key frame on. */
export class Gop {
  #units: SourceUnit[] = [];
  #bytes = 0;

  get units(): readonly SourceUnit[] {
    return this.#units;
  }

  /** It should be decoded now, while that can still be done in a moment. */
  get tooLong(): boolean {
    const [first, last] = [this.#units[0], this.#units.at(-1)];
    return this.#bytes > mostBytes || (last?.time ?? 0) - (first?.time ?? 0) > mostMs;
  }

  /** What comes before the first key frame is of no use. */
  add(unit: SourceUnit): void {
    if (unit.key) this.clear();
    else if (this.#units.length === 0) return;
    this.#units.push(unit);
    this.#bytes += unit.data.length;
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}
