/**
 * Passes a number on: a higher one at once, a lower one only when it has stayed lower for a while, so that somebody who
 * leaves and comes back does not make the other side stop and start.
 */
export class SettleDown {
  readonly #delayMs: number;
  readonly #emit: (value: number) => void;
  #told: number;
  #value: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(initial: number, delayMs: number, emit: (value: number) => void) {
    this.#told = initial;
    this.#value = initial;
    this.#delayMs = delayMs;
    this.#emit = emit;
  }

  push(value: number): void {
    this.#value = value;
    if (value >= this.#told) {
      this.#tell();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#tell();
    }, this.#delayMs);
  }

  /** Says the current value again, for a listener that may have missed it. */
  repeat(): void {
    this.#emit(this.#told);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    this.close();
    if (this.#value === this.#told) return;
    this.#told = this.#value;
    this.#emit(this.#value);
  }
}
