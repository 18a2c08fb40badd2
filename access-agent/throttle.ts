/** Passes values on, at most one per interval: the first at once, then the latest. Equal neighbours are left out. */
export class Throttle<T> {
  readonly #intervalMs: number;
  readonly #emit: (value: T) => void;
  #told: string | undefined;
  #next: T | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number, emit: (value: T) => void) {
    this.#intervalMs = intervalMs;
    this.#emit = emit;
  }

  push(value: T): void {
    this.#next = value;
    if (this.#timer === undefined) this.#tell();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#next = undefined;
  }

  #tell(): void {
    this.#timer = undefined;
    const value = this.#next;
    this.#next = undefined;
    if (value === undefined) return;
    const text = JSON.stringify(value);
    if (text === this.#told) return;
    this.#told = text;
    this.#timer = setTimeout(() => {
      this.#tell();
    }, this.#intervalMs);
    this.#emit(value);
  }
}
