import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PorticoError } from '../../common/contract/errors.ts';
import { checkedLookup, checkLiteral, type Forbids } from './checked-lookup.ts';
import { networkWords } from './network-words.ts';

/**
 * An HTTP proxy on loopback for an FFmpeg that fetches: every address is checked at the moment when it is connected with,
 * also those that redirects and playlists lead to.
 */
export class FetchProxy {
  readonly #server: Server;
  readonly #forbids: Forbids;
  #complaint: string | undefined;

  static async open(forbids: Forbids): Promise<FetchProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FetchProxy(server, forbids);
  }

  private constructor(server: Server, forbids: Forbids) {
    this.#server = server;
    this.#forbids = forbids;
    server.on('request', (asked, answer) => {
      this.#fetch(asked, answer);
    });
    server.on('connect', (asked: IncomingMessage, client: Duplex) => {
      this.#tunnel(asked.url ?? '', client);
    });
  }

  /** For FFmpeg's `-http_proxy`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Why the last request came to nothing, as the end of a sentence. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #fetch(asked: IncomingMessage, answer: ServerResponse): void {
    const target = this.#allowed(asked.url ?? '');
    if (target?.protocol !== 'http:') {
      answer.writeHead(403).end();
      return;
    }
    const { method, headers } = asked;
    const options = { method, headers, lookup: checkedLookup(this.#forbids), agent: false as const };
    const sent = request(target, options, (response) => {
      this.#complaint = undefined;
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', () => answer.destroy());
      response.pipe(answer);
    });
    sent.on('error', (error) => {
      this.#complaint = networkWords(error);
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(403).end();
    });
    answer.once('close', () => sent.destroy());
    asked.pipe(sent);
  }

  #tunnel(authority: string, client: Duplex): void {
    const target = this.#allowed(`https://${authority}`);
    client.on('error', () => undefined);
    if (target === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const port = Number(target.port === '' ? 443 : target.port);
    const far = connect({ host: hostOf(target), port, lookup: checkedLookup(this.#forbids) });
    far.once('connect', () => {
      this.#complaint = undefined;
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(far).pipe(client);
    });
    far.on('error', (error) => {
      this.#complaint = networkWords(error);
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    far.once('close', () => client.destroy());
    client.once('close', () => far.destroy());
  }

  #allowed(url: string): URL | undefined {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    if (target === undefined) return undefined;
    try {
      checkLiteral(target.hostname, this.#forbids);
      return target;
    } catch (error) {
      this.#complaint = PorticoError.from(error).message;
      return undefined;
    }
  }
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
