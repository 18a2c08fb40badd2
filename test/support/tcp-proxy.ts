import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be broken: one connection per client. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  #refusing = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      this.#join(client);
    });
  }

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
    const ghosts = [...this.#pairs].map(({ client, upstream }) => {
      client.unpipe();
      upstream.unpipe();
      upstream.resume();
      client.removeAllListeners('close');
      client.destroy();
      return upstream;
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

  async close(): Promise<void> {
    this.refuse();
    await once(this.#server.close(), 'close');
  }

  #join(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(this.#target, '127.0.0.1');
    const pair = { client, upstream };
    this.#pairs.add(pair);
    const part = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', part);
      socket.on('close', part);
    }
    client.pipe(upstream);
    upstream.pipe(client);
  }
}
