/** First time and longest to wait between two starts of something that does not come to life, ms. */
const pause = { firstMs: 250, longestMs: 5_000 };

/** When a child that died may be started again: at once if it had worked, ever later if it never does. */
export class Restarts {
  #failures = 0;
  #notBefore = -Infinity;

  /** @param worked whether it had done any work */
  died(worked: boolean, now: number): void {
    this.#failures = worked ? 0 : this.#failures + 1;
    if (worked) return;
    this.#notBefore = now + Math.min(pause.longestMs, pause.firstMs * 2 ** (this.#failures - 1));
  }

  allowed(now: number): boolean {
    return now >= this.#notBefore;
  }
}
