import { PorticoError } from '../../contract/errors.ts';
import { backoff, pause } from '../../lifecycle/wait.ts';

/**
 * Brings the latest value to the other side: one message at a time, repeated while the other side cannot be reached.
 * Values that were overtaken are left out.
 */
export class Latest<T> {
  readonly #send: (value: T) => Promise<unknown>;
  #next: { value: T } | undefined;
  #running = false;
  #closed = false;

  constructor(send: (value: T) => Promise<unknown>) {
    this.#send = send;
  }

  push(value: T): void {
    this.#next = { value };
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let failures = 0; this.#next !== undefined && !this.#closed;) {
      const next = this.#next;
      this.#next = undefined;
      try {
        await this.#send(next.value);
        failures = 0;
      } catch (error) {
        // Only what may succeed later is tried again.
        if (PorticoError.from(error).retryable) this.#next ??= next;
        await pause(20 + backoff(failures, { baseMs: 50, maxMs: 1_000 }));
        failures += 1;
      }
    }
    this.#running = false;
  }
}
