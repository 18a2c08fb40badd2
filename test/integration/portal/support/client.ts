import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

export type Answer = [status: string, data: unknown];

export interface Received {
  name: string;
  args: unknown[];
}

/** A Socket.IO client that sends anything. */
export class Client {
  readonly socket: Socket;
  readonly received: Received[] = [];
  /** Why the connection ended. */
  readonly ended: Promise<string>;

  static async connect(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Client> {
    const client = new Client(
      io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options }),
    );
    await new Promise<void>((resolve, reject) => {
      client.socket.once('connect', resolve);
      client.socket.once('connect_error', reject);
    });
    return client;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once('disconnect', resolve));
    socket.onAny((name: string, ...args: unknown[]) => this.received.push({ name, args }));
  }

  /** The acknowledgement of an event. */
  request(event: string, ...args: unknown[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer to '${event}'`));
      }, 12_000).unref();
      this.socket.emit(event, ...args, (status: string, data: unknown) => {
        clearTimeout(timer);
        resolve([status, data]);
      });
    });
  }

  login(token: string, change: Record<string, unknown> = {}): Promise<Answer> {
    const userAgent = { sdk: { type: 'test', version: '1' } };
    return this.request('login', { token, protocol: 'portico/1', userAgent, ...change });
  }

  relogin(ticket: string, change: Record<string, unknown> = {}): Promise<Answer> {
    return this.request('relogin', { ticket, ...change });
  }

  /** As if its network was gone: the portal notices that the connection broke. */
  break(): void {
    this.socket.io.engine.close();
  }

  /** Notifications of one name so far. */
  of(name: string): unknown[][] {
    return this.received.flatMap((one) => (one.name === name ? [one.args] : []));
  }

  /** Resolves once `count` notifications of a name have come. */
  async notified(name: string, count = 1, timeoutMs = 5_000): Promise<unknown[][]> {
    if (this.of(name).length < count) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`${String(this.of(name).length)} of ${String(count)} '${name}' came`));
        }, timeoutMs);
        const check = () => {
          if (this.of(name).length < count) return;
          clearTimeout(timer);
          this.socket.offAny(check);
          resolve();
        };
        this.socket.onAny(check);
      });
    }
    return this.of(name);
  }

  close(): void {
    this.socket.disconnect();
  }
}
