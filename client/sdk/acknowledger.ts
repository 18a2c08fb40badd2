import type { Cursor } from './wire.ts';

const delayMs = 250;
const most = 50;

/** Tells the server how far we are, so that it keeps no more than it must: soon, and not for each notification. */
export class Acknowledger {
  readonly #send: (cursor: Cursor) => void;
  #cursor: Cursor | undefined;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (cursor: Cursor) => void) {
    this.#send = send;
  }

  /** Everything up to here was delivered. */
  delivered(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#count += 1;
    if (this.#count >= most) this.#flush();
    else
      this.#timer ??= setTimeout(() => {
        this.#flush();
      }, delayMs);
  }

  /** The server knows by other means, or cannot be told. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#count = 0;
    this.#cursor = undefined;
  }

  #flush(): void {
    const cursor = this.#cursor;
    this.stop();
    if (cursor !== undefined) this.#send(cursor);
  }
}
