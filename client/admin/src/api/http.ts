import type { Proof } from './credentials.ts';
import { Failure, failureOf } from './failure.ts';

export type Query = Record<string, string | number | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  /** Only if the thing is still of this version (`ETag`). */
  ifMatch?: string | undefined;
  signal?: AbortSignal | undefined;
  contentType?: string;
  /** How long the answer may take, where that is longer than for others, ms. */
  withinMs?: number;
}

export interface Answer<T> {
  body: T;
  etag?: string;
  /** `after` of the next part of a list. */
  next?: string;
  /** When a change of a room that runs takes effect. */
  applied?: string;
}

/** How long an answer may take, ms. */
const patience = 15_000;

/** Requests to the management API, with proof of who asks. */
export class Http {
  readonly #base: URL;
  readonly #proof: Proof;

  /** @param base address under which `v1/...` stands, with a slash at its end */
  constructor(base: URL, proof: Proof) {
    this.#base = base;
    this.#proof = proof;
  }

  /** @throws Failure */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    const response = await this.#send(method, path, options);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const body = (isJson && text !== '' ? JSON.parse(text) : text) as T;
    const [etag, applied] = [response.headers.get('etag'), response.headers.get('portico-applied')];
    const next = nextOf(response.headers.get('link'));
    return {
      body,
      ...(etag === null ? {} : { etag }),
      ...(applied === null ? {} : { applied }),
      ...(next === undefined ? {} : { next }),
    };
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<Response> {
    // The same for both attempts: what was created by the first one is not created again.
    const key = method === 'POST' ? randomKey() : undefined;
    const first = await this.#attempt(method, path, options, key);
    if (first.ok) return first;
    const serverTime = Date.parse(first.headers.get('date') ?? '');
    const again = first.status === 401 && !Number.isNaN(serverTime) && this.#proof.setClock(serverTime);
    const response = again ? await this.#attempt(method, path, options, key) : first;
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  async #attempt(
    method: string,
    path: string,
    {
      query = {},
      body,
      ifMatch,
      signal,
      contentType = 'application/json',
      withinMs = patience,
    }: RequestOptions,
    key: string | undefined,
  ): Promise<Response> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${await this.#proof.token()}`,
    };
    if (body !== undefined) headers['content-type'] = contentType;
    if (ifMatch !== undefined) headers['if-match'] = ifMatch;
    if (key !== undefined) headers['idempotency-key'] = key;
    const limit = AbortSignal.timeout(withinMs);
    try {
      return await fetch(url, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new Failure(0, 'The server cannot be reached.');
    }
  }
}

/** `randomUUID` exists on secure pages only. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** `after` of the address that a `Link` header gives for the next part. */
export function nextOf(link: string | null): string | undefined {
  const address = /<([^>]*)>\s*;\s*rel="?next"?/u.exec(link ?? '')?.[1];
  if (address === undefined) return undefined;
  return new URL(address, 'http://server/').searchParams.get('after') ?? undefined;
}
