import { Connection } from './connection.ts';
import { Dialer } from './dialer.ts';
import { createSocket } from './socket.ts';
import { endpointOf } from './token.ts';
import type { SocketLike } from './socket.ts';
import type { Endpoint } from './token.ts';
import type { Logger } from './types.ts';

export interface PortalsOptions {
  /** The one to begin with. */
  endpoint: Endpoint;
  logger: Logger;
  /** Default: a Socket.IO connection. */
  createSocket?: ((endpoint: Endpoint) => SocketLike) | undefined;
}

/** Time for one attempt to connect, ms. */
const connectMs = 5000;

const same = (a: Endpoint, b: Endpoint): boolean => a.origin === b.origin && a.path === b.path;

/** In another order, so that those who lose a portal do not all go to the same one. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** Where the deployment can be reached: the portal in use, and the others. */
export class Portals {
  readonly #options: PortalsOptions;
  /** Counts also when the deployment does not list it: a proxy in front of its portals. */
  #current: Endpoint;
  #others: Endpoint[] = [];

  constructor(options: PortalsOptions) {
    this.#options = options;
    this.#current = options.endpoint;
  }

  /** Whether there is more than the one in use. */
  get several(): boolean {
    return this.#others.length > 0;
  }

  /** A connection to the one in use, not open yet. */
  connect(): Connection {
    return this.#connect(this.#current, 0);
  }

  /** Looks for one that answers: `all`, beginning with the one in use, or the `others`. */
  dialer(which: 'all' | 'others'): Dialer {
    return new Dialer({
      endpoints: () => (which === 'all' ? [this.#current, ...this.#others] : this.#others),
      connect: (endpoint, round) => this.#connect(endpoint, round),
      logger: this.#options.logger,
    });
  }

  /** @param urls as the server announces them; those that are no addresses are left out */
  set(urls: readonly string[], current = this.#current): void {
    this.#current = current;
    const listed = urls.flatMap((url) => {
      try {
        return [endpointOf(url)];
      } catch {
        return [];
      }
    });
    const distinct = listed.filter(
      (one, index) => !same(one, current) && listed.findIndex((other) => same(one, other)) === index,
    );
    this.#others = shuffled(distinct);
  }

  #connect(endpoint: Endpoint, round: number): Connection {
    const { createSocket: create } = this.#options;
    // Browsers open one WebSocket to an address at a time (RFC 6455, 4.1), so that one that hangs keeps the next ones
    // waiting; and Chromium makes a page with many failed ones wait for seconds. Requests over HTTP go out at once.
    const options = { timeoutMs: connectMs, pollingFirst: round % 4 !== 0 };
    return new Connection(endpoint, create?.(endpoint) ?? createSocket(endpoint, options));
  }
}
