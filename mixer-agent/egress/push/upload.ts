import { request as plainRequest, Agent as PlainAgent, type RequestOptions } from 'node:http';
import { request as secureRequest, Agent as SecureAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { checkedLookup, type Forbids } from '../../streaming/checked-lookup.ts';
import { networkWords } from '../../streaming/network-words.ts';

/** Types of what HLS and DASH consist of. */
const types: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  ts: 'video/mp2t',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
  webm: 'video/webm',
};

export interface UploaderOptions {
  /** Of the playlist or manifest; the others are put beside it, with the same query. */
  destination: string;
  method: 'PUT' | 'POST';
  /** How long nothing may move, ms. */
  idleMs: number;
  /** Addresses that a name must not lead to. */
  forbids: Forbids;
}

/** Brings files of HLS and DASH to an HTTP server, one request each over one connection. Redirects are not followed. */
export class Uploader {
  readonly #base: URL;
  readonly #method: 'PUT' | 'POST';
  readonly #lookup: LookupFunction;
  readonly #idleMs: number;
  readonly #agent: PlainAgent | SecureAgent;

  constructor({ destination, method, idleMs, forbids }: UploaderOptions) {
    this.#lookup = checkedLookup(forbids);
    this.#base = new URL(destination);
    this.#method = method;
    this.#idleMs = idleMs;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = this.#isSecure ? new SecureAgent(options) : new PlainAgent(options);
  }

  /**
   * @param name absent: the list itself
   * @returns why not, as the end of a sentence; undefined: it is there
   */
  put(body: Buffer, name?: string): Promise<string | undefined> {
    return this.#send(this.#method, this.#urlOf(name), body);
  }

  /** What is no longer in the list. Whether that worked does not matter. */
  async remove(name: string): Promise<void> {
    // A server that takes POST gives out no names of its own.
    if (this.#method === 'PUT') await this.#send('DELETE', this.#urlOf(name));
  }

  close(): void {
    this.#agent.destroy();
  }

  get #isSecure(): boolean {
    return this.#base.protocol === 'https:';
  }

  #urlOf(name: string | undefined): URL {
    if (name === undefined) return this.#base;
    const url = new URL(name, this.#base);
    url.search = this.#base.search;
    return url;
  }

  #send(method: string, url: URL, body?: Buffer): Promise<string | undefined> {
    return new Promise((resolve) => {
      const options: RequestOptions = {
        ...{ method, agent: this.#agent, timeout: this.#idleMs, headers: headersFor(url, body) },
        lookup: this.#lookup,
        ...(url.username === '' ? {} : { auth: decodedLogin(url) }),
      };
      const sent = (this.#isSecure ? secureRequest : plainRequest)(url, options, (response) => {
        const { statusCode = 0, statusMessage = '' } = response;
        response.resume();
        response.on('error', () => undefined);
        const isFine = statusCode >= 200 && statusCode < 300;
        resolve(isFine ? undefined : `it was answered with ${statusCode} ${statusMessage}`.trim());
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${this.#idleMs} ms`)));
      sent.on('error', (error) => {
        resolve(networkWords(error));
      });
      sent.end(body);
    });
  }
}

function headersFor({ pathname }: URL, body: Buffer | undefined): Record<string, string | number> {
  if (body === undefined) return {};
  const type = types[pathname.slice(pathname.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return { 'content-type': type, 'content-length': body.length };
}

function decodedLogin({ username, password }: URL): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return `${username}:${password}`;
  }
}
