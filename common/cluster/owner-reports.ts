import { randomUUID } from 'node:crypto';
import type { CallOptions } from '../bus/bus.ts';
import { PorticoError } from '../contract/errors.ts';
import type { RoomId } from '../contract/ids.ts';
import { SerialQueue } from '../lifecycle/serial-queue.ts';
import { backoff, pause } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';

/** How long a report waits for an owner, ms. After that a new owner has asked for our inventory, which says the same. */
const patienceMs = 10_000;
const callMs = 2_000;

/** Calls the owner; repeated with the same id. */
type Report = (options: CallOptions) => Promise<unknown>;

/** What the owner of a room has to hear from an agent: in order, and repeated until it is heard. */
export class OwnerReports {
  readonly #room: RoomId;
  readonly #log: Logger;
  readonly #queue = new SerialQueue();

  constructor(room: RoomId, log: Logger) {
    this.#room = room;
    this.#log = log;
  }

  /** Resolves when all that was reported so far has been heard or given up. */
  idle(): Promise<void> {
    return this.#queue.run(() => undefined);
  }

  report(what: string, call: Report): void {
    void this.#queue.run(() => this.#deliver(what, call));
  }

  async #deliver(what: string, call: Report): Promise<void> {
    const id = randomUUID();
    const until = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        await call({ timeoutMs: callMs, id });
        return;
      } catch (error) {
        const { retryable, code } = PorticoError.from(error);
        if (!retryable || code === 'closing' || performance.now() > until) {
          this.#log.warn({ err: error, room: this.#room, what }, 'report to the room not delivered');
          return;
        }
        await pause(20 + backoff(attempt, { baseMs: 30, maxMs: 500 }));
      }
    }
  }
}
