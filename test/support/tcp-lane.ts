import type { Socket } from 'node:net';

/** Of `undefined`: the end of the connection. */
interface Parcel {
  chunk: Buffer | undefined;
  due: number;
}

/** One direction of a connection: what comes out of one socket goes into another, in order, perhaps later. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: () => number;
  readonly #waiting: Parcel[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lost = false;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    from.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    from.on('end', () => {
      this.#take(undefined);
    });
    to.on('drain', () => from.resume());
    to.on('close', () => {
      this.lose();
    });
  }

  /** From now on everything is thrown away, also what is on its way. */
  lose(): void {
    this.#lost = true;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#from.resume();
  }

  #take(chunk: Buffer | undefined): void {
    if (this.#lost) return;
    const delay = this.#delayMs();
    if (delay === 0 && this.#waiting.length === 0) {
      this.#pass(chunk);
      return;
    }
    this.#waiting.push({ chunk, due: performance.now() + delay });
    this.#timer ??= this.#wake(delay);
  }

  #wake(ms: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.#timer = undefined;
        for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
          const left = next.due - performance.now();
          if (left > 0) {
            this.#timer = this.#wake(left);
            return;
          }
          this.#waiting.shift();
          this.#pass(next.chunk);
        }
      },
      Math.max(0, ms),
    );
  }

  #pass(chunk: Buffer | undefined): void {
    if (chunk === undefined) this.#to.end();
    else if (!this.#to.write(chunk)) this.#from.pause();
  }
}
