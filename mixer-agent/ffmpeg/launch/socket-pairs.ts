import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer, type Server } from 'node:net';

const nonceBytes = 16;
/** Somebody else connected in between: how often it is tried again. */
const attempts = 5;

/** Two ends of a connection inside this process. */
export interface SocketPair {
  /** Ours; nothing is read from it before it is resumed. */
  near: Socket;
  /** For a child: only its file descriptor is used. */
  far: Socket;
}

/** The file descriptor of a socket: Node has no public name for it. */
export function descriptorOf(socket: Socket): number {
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {};
  if (fd === undefined || fd < 0) throw new Error('the system gives no file descriptor');
  return fd;
}

/**
 * Makes pairs of connected sockets; Node can make them for a child that it starts, but not for one that another thread starts.
 * They go through a name without a file, so nothing is left behind. Everybody on the machine sees such a name: each pair is
 * proved by a secret.
 */
export class SocketPairs {
  readonly #server: Server;
  readonly #name = `\0portico-${randomBytes(16).toString('hex')}`;
  /** One after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor() {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    this.#server.on('error', () => undefined);
    this.#server.unref();
  }

  static async open(): Promise<SocketPairs> {
    const pairs = new SocketPairs();
    pairs.#server.listen(pairs.#name);
    await once(pairs.#server, 'listening');
    return pairs;
  }

  /** @throws when the system has no sockets left */
  create(): Promise<SocketPair> {
    const created = this.#last.then(() => this.#create());
    this.#last = created.catch(() => undefined);
    return created;
  }

  close(): void {
    this.#server.close();
  }

  async #create(): Promise<SocketPair> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const accepted = once(this.#server, 'connection') as Promise<[Socket]>;
      const { far, said } = this.#connect();
      const [near] = await accepted;
      near.on('error', () => undefined);
      const nonce = randomBytes(nonceBytes);
      near.write(nonce);
      const heard = await said;
      if (heard.length === nonceBytes && timingSafeEqual(heard, nonce)) return { near, far };
      near.destroy();
      far.destroy();
    }
    throw new Error('no pair of sockets could be made');
  }

  /** The far end. What it hears first is the proof; nothing more is read here. */
  #connect(): { far: Socket; said: Promise<Buffer> } {
    const buffer = Buffer.alloc(nonceBytes);
    let hear: (said: Buffer) => void = () => undefined;
    const said = new Promise<Buffer>((resolve) => {
      hear = resolve;
    });
    const callback = (bytes: number): boolean => {
      hear(buffer.subarray(0, bytes));
      return false;
    };
    const far = connect({ path: this.#name, onread: { buffer, callback } });
    far.on('error', () => undefined);
    far.once('close', () => {
      hear(Buffer.alloc(0));
    });
    return { far, said };
  }
}
