import { PorticoClientError, toClientError } from './errors.ts';
import { backoff, sleep } from './timing.ts';
import type { Connection } from './connection.ts';
import type { Logger } from './types.ts';
import type { Answer, Method, Request } from './wire.ts';

export interface RequestOptions {
  /** Time for all attempts together, ms; it does not run while there is no connection. */
  timeoutMs?: number;
  /** Try again on retryable errors and lost answers (default). Safe because callers choose the ids. */
  retry?: boolean;
  /** Wait for a connection when there is none (default). */
  queue?: boolean;
  /** Turns false when nobody wants it any more: then it is not sent again. */
  wanted?: () => boolean;
}

/** A lost acknowledgement is noticed after this time and the request repeated, ms. */
const attemptMs = 4000;

/** What a repeated request is refused with when the first one had its effect and only its answer was lost. */
const alreadyDone: Partial<Record<Method, string>> = {
  'control-recording': 'egress_not_found',
  drop: 'participant_not_found',
  unpublish: 'stream_not_found',
  unsubscribe: 'subscription_not_found',
};

/** One request until its answer, over as many attempts and connections as it takes. */
export class PendingRequest<M extends Method> {
  readonly answer: Promise<Answer<M>>;
  readonly #method: M;
  readonly #input: Request<M>;
  readonly #options: RequestOptions;
  readonly #surroundings: { logger: Logger; onSilence: () => void };
  #settle!: { resolve: (answer: Answer<M>) => void; reject: (error: PorticoClientError) => void };
  /** ms left; counted while there is a connection. */
  #left: number;
  #sent = false;
  #turn: { over: AbortController; since: number } | undefined;

  constructor(
    method: M,
    input: Request<M>,
    options: RequestOptions & { timeoutMs: number },
    surroundings: { logger: Logger; onSilence: () => void },
  ) {
    this.#method = method;
    this.#input = input;
    this.#options = options;
    this.#left = options.timeoutMs;
    this.#surroundings = surroundings;
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Sends it at once on this connection, whatever was under way on another. */
  go(connection: Connection): void {
    this.pause();
    if (this.#options.wanted?.() === false) {
      this.fail(new PorticoClientError('ended', `Nobody waits for the answer of '${this.#method}'.`));
      return;
    }
    const turn = { over: new AbortController(), since: Date.now() };
    this.#turn = turn;
    void this.#run(connection, turn.over.signal);
  }

  pause(): void {
    if (this.#turn === undefined) return;
    this.#turn.over.abort();
    this.#left = Math.max(1, this.#left - (Date.now() - this.#turn.since));
    this.#turn = undefined;
  }

  fail(error: PorticoClientError): void {
    this.#settle.reject(error);
  }

  async #run(connection: Connection, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + this.#left;
    for (let n = 0; !signal.aborted; n += 1) {
      const error = await this.#attempt(connection, deadline);
      // A break is followed by another `go`, or by `fail`.
      if (error === undefined || signal.aborted || error.code === 'disconnected') return;
      if (error.code === 'timeout') this.#surroundings.onSilence();
      const wait = error.retryAfterMs ?? backoff(n, { baseMs: 50, maxMs: 1000 });
      if (!this.#again(error) || Date.now() + wait >= deadline) {
        this.fail(error);
        return;
      }
      this.#surroundings.logger.debug('request is repeated', { method: this.#method, code: error.code });
      await sleep(wait, signal);
    }
  }

  /** Returns why there is no answer; one that comes late, from an earlier connection, is as good as any. */
  async #attempt(connection: Connection, deadline: number): Promise<PorticoClientError | undefined> {
    const { retry = true } = this.#options;
    const left = Math.max(1, deadline - Date.now());
    const repeated = this.#sent;
    this.#sent = true;
    try {
      this.#settle.resolve(
        await connection.ask(this.#method, this.#input, retry ? Math.min(attemptMs, left) : left),
      );
      return undefined;
    } catch (thrown) {
      const error = toClientError(thrown);
      if (!repeated || alreadyDone[this.#method] !== error.code) return error;
      this.#settle.resolve({} as Answer<M>);
      return undefined;
    }
  }

  #again(error: PorticoClientError): boolean {
    return this.#options.retry !== false && error.retryable;
  }
}
