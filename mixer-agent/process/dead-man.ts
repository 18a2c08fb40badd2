/** A timer fires late when our own event loop was blocked, and signs of life may be waiting to be read: so long more, ms. */
const doubtMs = 250;

/** Calls when somebody gives no sign of life for too long. */
export class DeadMan {
  readonly #onSilence: () => void;
  #limitMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #heard = false;

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** From now on a sign of life is expected at least so often, ms. */
  expect(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#wait();
  }

  /** A sign of life. */
  alive(): void {
    this.#heard = true;
  }

  /** Nothing is expected any more. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#heard = false;
    this.#timer = setTimeout(() => {
      if (this.#heard) this.#wait();
      else this.#doubt();
    }, this.#limitMs);
  }

  #doubt(): void {
    this.#timer = setTimeout(() => {
      if (this.#heard) {
        this.#wait();
        return;
      }
      this.#timer = undefined;
      this.#onSilence();
    }, doubtMs);
  }
}
