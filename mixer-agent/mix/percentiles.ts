/** The newest values of something that is measured, as percentiles. */
export class Percentiles {
  readonly #values: Float64Array;
  #count = 0;

  constructor(size = 128) {
    this.#values = new Float64Array(size);
  }

  add(value: number): void {
    this.#values[this.#count % this.#values.length] = value;
    this.#count += 1;
  }

  /** 0 when nothing was measured. */
  read(): { p50: number; p95: number } {
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
    return { p50: at(0.5), p95: at(0.95) };
  }
}
