/**
 * When a key frame is to be asked for because the last one is long ago. It counts from capture to capture: the pictures
 * from one key frame to the next then last as long as was asked, and never less.
 */
export class KeyFrameClock {
  #intervalMs = Infinity;
  #last: number | undefined;

  /** s. */
  set interval(seconds: number) {
    this.#intervalMs = seconds * 1_000;
  }

  /** A key frame came, which may have been captured a while ago. */
  came(captureMs: number): void {
    this.#last = Math.max(this.#last ?? -Infinity, captureMs);
  }

  /** Whether to ask for one now, ms; nothing is due before the first. It counts as asked. */
  take(now: number): boolean {
    if (this.#last === undefined || now - this.#last < this.#intervalMs) return false;
    this.#last = now;
    return true;
  }
}
