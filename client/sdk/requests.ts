import { PendingRequest } from './pending-request.ts';
import { PorticoClientError } from './errors.ts';
import type { Connection } from './connection.ts';
import type { RequestOptions } from './pending-request.ts';
import type { Logger } from './types.ts';
import type { Answer, Method, Request } from './wire.ts';

/** Sends requests; all that sessions need to know of signalling. */
export interface Requester {
  /** Whether requests reach the server now; others wait until they do. */
  readonly online: boolean;
  request<M extends Method>(method: M, input: Request<M>, options?: RequestOptions): Promise<Answer<M>>;
}

export interface RequestsOptions {
  /** Time for all attempts of a request together, ms. */
  timeoutMs: number;
  logger: Logger;
  /** An answer did not come: is the connection still alive? */
  onSilence: () => void;
}

/** As many may wait for the connection to come back; an application that asks without end must notice. */
const most = 1000;

/**
 * All requests that have no answer yet, in the order in which they were asked. Without a connection they wait, their time
 * stands still, and with the next connection they are sent again: ids chosen by the client make that harmless.
 */
export class Requests implements Requester {
  readonly #options: RequestsOptions;
  readonly #open = new Set<PendingRequest<Method>>();
  #connection: Connection | undefined;
  #over: PorticoClientError | undefined;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  get online(): boolean {
    return this.#connection !== undefined;
  }

  /** @throws PorticoClientError of the server, `timeout`; `ended` or `disconnected` when there is no way any more */
  request<M extends Method>(method: M, input: Request<M>, options: RequestOptions = {}): Promise<Answer<M>> {
    const refusal = this.#refusal(options);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { timeoutMs, logger, onSilence } = this.#options;
    const pending = new PendingRequest(method, input, { timeoutMs, ...options }, { logger, onSilence });
    const one = pending as unknown as PendingRequest<Method>;
    this.#open.add(one);
    const done = (): void => void this.#open.delete(one);
    pending.answer.then(done, done);
    if (this.#connection !== undefined) pending.go(this.#connection);
    return pending.answer;
  }

  /** There is a connection on which the server knows us. */
  resume(connection: Connection): void {
    this.#connection = connection;
    for (const pending of [...this.#open]) pending.go(connection);
  }

  /** There is none for a while. */
  pause(): void {
    this.#connection = undefined;
    for (const pending of this.#open) pending.pause();
  }

  /** There will be none any more. */
  close(error: PorticoClientError): void {
    this.#over = error;
    this.pause();
    for (const pending of [...this.#open]) pending.fail(error);
  }

  #refusal({ queue = true }: RequestOptions): PorticoClientError | undefined {
    if (this.#over !== undefined) return this.#over;
    if (this.online) return undefined;
    if (!queue) return new PorticoClientError('disconnected', 'There is no connection to the server.');
    if (this.#open.size < most) return undefined;
    return new PorticoClientError('disconnected', 'Too many requests wait for the connection to the server.');
  }
}
