import type { SinkProgress } from '../unit.ts';
import type { LiveTarget } from './arguments.ts';

/** Keeps account of whether a far end takes a stream, and for how long it has not. */
export class Outage {
  readonly #retry: LiveTarget['retry'];
  #status: SinkProgress['status'] = 'connecting';
  #error: string | undefined;
  /** In a row; an arrival that does not last does not end the row. */
  #failures = 0;
  #failingSince: number | undefined;
  #arrivedAt: number | undefined;
  #arrivedBefore = false;
  #reconnects = 0;

  constructor(retry: LiveTarget['retry']) {
    this.#retry = retry;
  }

  get status(): SinkProgress['status'] {
    return this.#status;
  }

  /** Why it does not arrive. */
  get error(): string | undefined {
    return this.#error;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Times that it arrived again. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** The far end takes data. @returns whether that is new */
  arrived(now: number): boolean {
    if (this.#status === 'live') return false;
    if (this.#status === 'retrying' && this.#arrivedBefore) this.#reconnects += 1;
    this.#arrivedBefore = true;
    this.#status = 'live';
    this.#error = undefined;
    this.#arrivedAt = now;
    return true;
  }

  failed(error: string, now: number): void {
    this.#status = 'retrying';
    this.#error = error;
    this.#failures += 1;
    this.#failingSince ??= now;
    this.#arrivedAt = undefined;
  }

  /** What has lasted for a while is over its failures. */
  check(now: number): void {
    if (this.#arrivedAt === undefined || now - this.#arrivedAt < this.#retry.connectMs) return;
    this.#failures = 0;
    this.#failingSince = undefined;
  }

  isHopeless(now: number): boolean {
    const { status } = this;
    return status === 'retrying' && now - (this.#failingSince ?? now) > this.#retry.forMs;
  }

  giveUp(): void {
    this.#status = 'failed';
  }
}
