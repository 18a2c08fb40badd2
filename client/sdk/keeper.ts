import { toClientError } from './errors.ts';
import { backoff, sleep } from './timing.ts';
import type { PorticoClientError } from './errors.ts';

/** Errors after which another attempt may succeed although the same request would not. */
const recoverable = new Set<string>(['transport_not_found', 'worker_lost', 'stream_interrupted']);

export interface KeeperOptions {
  /** Makes the session real. `current()` turns false when this attempt was overtaken: it must leave no trace. */
  attempt: (current: () => boolean) => Promise<void>;
  /** Before another attempt, the first failure being 0. */
  onRetry?: (error: PorticoClientError, failures: number) => void;
  onReady: () => void;
  onGiveUp: (error: PorticoClientError) => void;
  /** How long attempts go on after the first, ms; asked at each `restore`. */
  patienceMs: () => number;
}

/**
 * Keeps a session as it is wanted: `restore` makes it real, again and again, until it is; what fails for good is
 * given up. Only the latest `restore` counts.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #run: AbortController | undefined;
  #deadline = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  restore(): void {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    void this.#loop(run.signal);
  }

  /** The time for attempts begins again: nothing could be attempted meanwhile. */
  extend(): void {
    this.#deadline = Date.now() + this.#options.patienceMs();
  }

  /** Overtakes an attempt that is under way without starting another. */
  halt(): void {
    this.#run?.abort();
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { attempt, onReady, onGiveUp, onRetry } = this.#options;
    this.extend();
    const current = (): boolean => !signal.aborted;
    for (let failures = 0; current(); failures += 1) {
      try {
        await attempt(current);
        if (current()) onReady();
        return;
      } catch (thrown) {
        if (!current()) return;
        const error = toClientError(thrown);
        const wait = error.retryAfterMs ?? backoff(failures, { baseMs: 40, maxMs: 1000 });
        if (!(error.retryable || recoverable.has(error.code)) || Date.now() + wait > this.#deadline) {
          onGiveUp(error);
          return;
        }
        onRetry?.(error, failures);
        await sleep(wait, signal);
      }
    }
  }
}
