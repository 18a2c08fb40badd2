import { randomUUID } from 'node:crypto';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import { PorticoAdminError } from './error.ts';
import type { RequestSigner } from './signer.ts';

export interface AdminRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parts of the path, not yet encoded. */
  path: readonly string[];
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /**
   * May be sent again when no answer came. `keyed`: with an `Idempotency-Key`, so that what it makes is made once. `no`:
   * it is sent again only when the server said that nothing was done.
   */
  repeat?: 'yes' | 'keyed' | 'no';
  /** Of one attempt, where it may take longer than others; at least what the client was made with. */
  timeoutMs?: number;
}

export interface AdminAnswer<T> {
  data: T;
  headers: Headers;
}

export interface TransportOptions {
  /** Of the server, e.g. `https://meet.example.com`; may have a path. */
  url: string;
  signer: RequestSigner;
  /** Of one attempt. */
  timeoutMs: number;
  /** Attempts of one request. */
  attempts: number;
}

/** Longest pause that a request waits for, ms: a server that asks for more is an error. */
const longestPauseMs = 30_000;
const pauses = { baseMs: 200, maxMs: 5_000 };

/** Sends requests, signed, and again where that may help. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #base: URL;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
  }

  /** What the server answered; the types are those of its schemas, which also check what it sends. */
  async json<T>(request: AdminRequest): Promise<AdminAnswer<T>> {
    const { response, text } = await this.#send(request);
    try {
      return { data: JSON.parse(text) as T, headers: response.headers };
    } catch (cause) {
      const facts = { status: response.status, code: 'unexpected' } as const;
      throw new PorticoAdminError('the answer is not JSON: is this a Portico server?', facts, { cause });
    }
  }

  /** For answers that say nothing. */
  async done(request: AdminRequest): Promise<void> {
    await this.#send(request);
  }

  async #send(request: AdminRequest): Promise<{ response: Response; text: string }> {
    const { repeat = 'yes' } = request;
    const key = repeat === 'keyed' ? { 'idempotency-key': randomUUID() } : {};
    let unanswered = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(request, { ...request.headers, ...key });
      } catch (error) {
        if (!(error instanceof PorticoAdminError)) throw error;
        // The attempt before, which got no answer, has done it.
        if (unanswered && request.method === 'DELETE' && error.status === 404) {
          return { response: new Response(), text: '' };
        }
        unanswered ||= error.code === 'unreachable';
        if (!this.#again(error, repeat, attempt)) throw error;
        await pause(Math.max(backoff(attempt, pauses), error.retryAfterMs ?? 0));
      }
    }
  }

  #again(error: PorticoAdminError, repeat: AdminRequest['repeat'], attempt: number): boolean {
    if (attempt >= this.#options.attempts || !error.retryable) return false;
    if ((error.retryAfterMs ?? 0) > longestPauseMs) return false;
    // 429 and 503 are refusals; after a time-out somewhere behind (504, 502) it may have been done.
    return repeat !== 'no' || error.status === 429 || error.status === 503;
  }

  async #attempt(
    request: AdminRequest,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ response: Response; text: string }> {
    const { signer } = this.#options;
    const timeoutMs = Math.max(this.#options.timeoutMs, request.timeoutMs ?? 0);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(this.#url(request), {
        method: request.method,
        headers: {
          accept: 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
          authorization: signer.header(),
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        // The signature is for the server that is named.
        redirect: 'manual',
        signal,
      });
      if (!response.ok) throw await PorticoAdminError.from(response);
      return { response, text: await response.text() };
    } catch (error) {
      if (error instanceof PorticoAdminError) throw error;
      throw this.#unreachable(error, signal.aborted ? timeoutMs : undefined);
    }
  }

  #url({ path, query = {} }: AdminRequest): URL {
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  /** @param timedOutMs undefined: something else than the limit */
  #unreachable(cause: unknown, timedOutMs: number | undefined): PorticoAdminError {
    const why = timedOutMs === undefined ? reasonOf(cause) : `no answer within ${timedOutMs} ms`;
    const message = `the server at ${this.#base.href} cannot be reached: ${why}`;
    return new PorticoAdminError(message, { status: 0, code: 'unreachable' }, { cause });
  }
}

/** fetch hides the reason in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
