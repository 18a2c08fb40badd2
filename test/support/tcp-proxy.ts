import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Lane } from './tcp-lane.ts';

interface Pair {
  client: Socket;
  upstream: Socket;
  lanes: Lane[];
  /** What arrives at either end is thrown away, and neither end learns when the other closes. */
  lost: boolean;
  /** The client is gone, and the server is not to notice. */
  ghost: boolean;
}

/** A way to a server that can be broken: one connection per client. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #refusing = false;
  #swallowing = false;
  #delayMs = 0;
  #swallowed = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      this.#join(client);
    });
  }

  /** @param target port on loopback that connections are passed on to; nobody needs to listen there yet */
  static async listen(target: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As a page address. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that are open at this moment, those that were swallowed left out. */
  get connections(): number {
    return [...this.#pairs].filter(({ lost }) => !lost).length;
  }

  /** Bytes that were swallowed so far. */
  get swallowed(): number {
    return this.#swallowed;
  }

  /** Breaks the connections at both ends. */
  sever(): void {
    for (const { client, upstream } of [...this.#pairs]) {
      client.destroy();
      upstream.destroy();
    }
  }

  /**
   * Breaks the connections for the client only: the server believes that it is still there. Returns what makes the
   * server notice.
   */
  severClient(): () => void {
    const ghosts = [...this.#pairs].map((pair) => {
      lose(pair);
      pair.ghost = true;
      pair.client.destroy();
      return pair.upstream;
    });
    return () => {
      for (const upstream of ghosts) upstream.destroy();
    };
  }

  /** Breaks the connections and refuses new ones until `accept`. */
  refuse(): void {
    this.#refusing = true;
    this.sever();
  }

  accept(): void {
    this.#refusing = false;
  }

  /**
   * Nothing passes any more, both ways, and nobody is told: not a byte, not the end of a connection. New connections
   * are accepted and swallowed, too. After `restore` they do not come back to life: whoever says something on one is told
   * that it is broken, as by a router that has forgotten it.
   */
  blackhole(): void {
    this.#swallowing = true;
    for (const pair of this.#pairs) lose(pair);
  }

  /** Everything takes this much longer from now on, each way. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Works again, for new connections at least. */
  restore(): void {
    this.#refusing = false;
    this.#swallowing = false;
    this.#delayMs = 0;
  }

  async close(): Promise<void> {
    this.refuse();
    await once(this.#server.close(), 'close');
  }

  /** The same, under the name that fixtures look for. */
  async stop(): Promise<void> {
    await this.close();
  }

  #join(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(this.#target, '127.0.0.1');
    const delayMs = () => this.#delayMs;
    const lanes = [new Lane(client, upstream, delayMs), new Lane(upstream, client, delayMs)];
    const pair: Pair = { client, upstream, lanes, lost: false, ghost: false };
    this.#pairs.add(pair);
    if (this.#swallowing) lose(pair);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('data', (chunk: Buffer) => {
        if (!pair.lost || pair.ghost) return;
        this.#swallowed += chunk.length;
        if (!this.#swallowing) socket.resetAndDestroy();
      });
      socket.on('error', () => {
        if (!pair.lost) other.destroy();
      });
      socket.on('close', () => {
        // An orderly end is passed on by the lane, behind what is still on its way.
        if (!pair.lost && !socket.readableEnded) other.destroy();
        if (client.destroyed && upstream.destroyed) this.#pairs.delete(pair);
      });
    }
  }
}

function lose(pair: Pair): void {
  pair.lost = true;
  for (const lane of pair.lanes) lane.lose();
}
