/** Time of a track in which nothing came, ms since the beginning. */
export interface Gap {
  kind: 'audio' | 'video';
  fromMs: number;
  toMs: number;
}

/** Shorter ones are not worth a word, ms. */
const leastMs = 1_000;
/** A recording with more of them has a note of the first ones. */
const maxGaps = 1_000;

/** Keeps a note of the times in which nothing came. */
export class Gaps {
  readonly #gaps: Gap[] = [];
  /** The newest of each kind, which may still grow. */
  readonly #open: Partial<Record<Gap['kind'], Gap>> = {};

  get all(): readonly Gap[] {
    return this.#gaps;
  }

  /** Nothing came from a time to another; times of a kind grow. */
  add(kind: Gap['kind'], fromMs: number, toMs: number): void {
    let gap = this.#open[kind];
    if (gap?.toMs === fromMs) gap.toMs = toMs;
    else gap = this.#open[kind] = { kind, fromMs, toMs };
    const isNoted = this.#gaps.includes(gap);
    if (!isNoted && gap.toMs - gap.fromMs >= leastMs && this.#gaps.length < maxGaps) this.#gaps.push(gap);
  }
}
