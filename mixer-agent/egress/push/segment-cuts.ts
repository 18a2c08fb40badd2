/** Part of the wished length that a segment has at least. */
const shortest = 0.75;

/**
 * Chooses the key frames that begin a segment: those that come when one is due. Others, which some other receiver asked
 * for, do not make short ones.
 */
export class SegmentCuts {
  readonly #leastMs: number;
  #lastMs: number | undefined;

  /** @param segmentDuration s */
  constructor(segmentDuration: number) {
    this.#leastMs = segmentDuration * 1_000 * shortest;
  }

  /** Whether the key frame of this time begins one. */
  isCut(timeMs: number): boolean {
    if (this.#lastMs !== undefined && timeMs - this.#lastMs < this.#leastMs) return false;
    this.#lastMs = timeMs;
    return true;
  }
}
