/** Samples kept: about 5 s of audio in packets of 20 ms, 10 s of video at 25 frames per second. */
const capacity = 256;
const windowMs = 10_000;

/** The newest transit times of a stream (arrival - media time, ms; only differences mean something). */
export class TransitWindow {
  readonly #times = new Float64Array(capacity);
  readonly #values = new Float64Array(capacity);
  readonly #sorted = new Float64Array(capacity);
  #count = 0;
  /** Shortest and 95th percentile of the last 10 s, as of the last `measure`. */
  min = 0;
  p95 = 0;

  add(now: number, transitMs: number): void {
    this.#times[this.#count % capacity] = now;
    this.#values[this.#count % capacity] = transitMs;
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Brings `min` and `p95` up to date. @returns false: there is nothing to measure, they stay. */
  measure(now: number): boolean {
    let size = 0;
    for (let index = 0; index < Math.min(this.#count, capacity); index++) {
      if (now - (this.#times[index] ?? 0) > windowMs) continue;
      this.#sorted[size] = this.#values[index] ?? 0;
      size += 1;
    }
    if (size === 0) return false;
    const sorted = this.#sorted.subarray(0, size).sort();
    this.min = sorted[0] ?? 0;
    this.p95 = sorted[Math.min(size - 1, Math.floor(size * 0.95))] ?? 0;
    return true;
  }
}
