/** Quality of a stream: that of its worst track. */
export class QualityMeter {
  readonly #scores = new Map<string, number>();

  /** @returns the score of the stream, 0 to 10 */
  update(track: string, score: number): number {
    this.#scores.set(track, score);
    return Math.min(...this.#scores.values());
  }
}
