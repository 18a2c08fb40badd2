import { io } from 'socket.io-client';
import { Emitter } from './emitter.ts';
import { errorFromWire, PorticoClientError } from './errors.ts';
import { backoff, sleep } from './timing.ts';
import { notificationNames } from './wire.ts';
import type { Endpoint } from './token.ts';
import type { Logger } from './types.ts';
import type { Answer, Method, Notification, Position, Request } from './wire.ts';

/** What `Signaling` needs of a Socket.IO client socket. */
export interface SocketLike {
  readonly connected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Socket.IO's own listener type
  on(event: string, listener: (...args: any[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/** A notification as it arrives; logged ones carry their position. */
export interface Incoming {
  notification: Notification;
  position?: Position;
}

export interface SignalingEvents {
  notification: Incoming;
  disconnected: { reason: string };
}

export interface RequestOptions {
  /** Time for all attempts together, ms. */
  timeoutMs?: number;
  /** Try again on retryable errors and lost answers (default). Safe because callers choose the ids. */
  retry?: boolean;
}

/** Sends requests; all that sessions need to know of signalling. */
export interface Requester {
  request<M extends Method>(method: M, input: Request<M>, options?: RequestOptions): Promise<Answer<M>>;
}

export interface SignalingOptions {
  endpoint: Endpoint;
  timeoutMs: number;
  logger: Logger;
  /** For tests; default: a Socket.IO connection. */
  socket?: SocketLike;
}

/** A lost acknowledgement is noticed after this time and the request repeated, ms. */
const attemptMs = 4000;

const connectSocket = ({ origin, path }: Endpoint, timeoutMs: number): SocketLike =>
  io(origin, {
    path,
    // WebSocket first saves the round trips of the upgrade; polling is left for networks that block it.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: timeoutMs,
  });

/** The connection to the portal: requests with acknowledgement, time-out and retry; notifications as events. */
export class Signaling extends Emitter<SignalingEvents> implements Requester {
  readonly #options: SignalingOptions;
  readonly #socket: SocketLike;
  readonly #broken = new Set<(error: PorticoClientError) => void>();
  #opening: { resolve: () => void; reject: (error: PorticoClientError) => void } | undefined;
  #closed = false;

  constructor(options: SignalingOptions) {
    super();
    this.#options = options;
    this.#socket = options.socket ?? connectSocket(options.endpoint, options.timeoutMs);
    this.#listen();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Connects, also again after the connection was lost. */
  open(): Promise<void> {
    if (this.#socket.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#socket.connect();
    });
  }

  /**
   * Sends a request and waits for its answer.
   * @throws PorticoClientError of the server, `timeout`, or `disconnected`.
   */
  async request<M extends Method>(
    method: M,
    input: Request<M>,
    { timeoutMs = this.#options.timeoutMs, retry = true }: RequestOptions = {},
  ): Promise<Answer<M>> {
    const deadline = Date.now() + timeoutMs;
    for (let n = 0; ; n += 1) {
      try {
        const left = Math.max(1, deadline - Date.now());
        return await this.#attempt(method, input, retry ? Math.min(attemptMs, left) : left);
      } catch (error) {
        if (!(error instanceof PorticoClientError) || !retry || !error.retryable) throw error;
        const wait = error.retryAfterMs ?? backoff(n, { baseMs: 50, maxMs: 1000 });
        if (!this.#socket.connected || Date.now() + wait >= deadline) throw error;
        this.#options.logger.debug('request is repeated', { method, code: error.code });
        await sleep(wait);
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket.disconnect();
    this.#fail('ended', 'The conference is over.');
    this.removeAllListeners();
  }

  #attempt<M extends Method>(method: M, input: Request<M>, timeoutMs: number): Promise<Answer<M>> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.connected) {
        const code = this.#closed ? 'ended' : 'disconnected';
        reject(new PorticoClientError(code, 'There is no connection to the server.'));
        return;
      }
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#broken.delete(broken);
        act();
      };
      const broken = (error: PorticoClientError): void => {
        settle(() => {
          reject(error);
        });
      };
      const timer = setTimeout(() => {
        broken(new PorticoClientError('timeout', `The server did not answer '${method}' in time.`));
      }, timeoutMs);
      this.#broken.add(broken);
      this.#socket.emit(method, input ?? {}, (status: unknown, data: unknown) => {
        settle(() => {
          if (status === 'ok') resolve(data as Answer<M>);
          else reject(errorFromWire(data));
        });
      });
    });
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      this.#opening?.resolve();
      this.#opening = undefined;
    });
    this.#socket.on('connect_error', (cause: Error) => {
      const text = `The server cannot be reached at ${this.#options.endpoint.origin}: ${cause.message}.`;
      this.#opening?.reject(new PorticoClientError('connect_failed', text, { cause }));
      this.#opening = undefined;
    });
    this.#socket.on('disconnect', (reason: string) => {
      this.#fail('disconnected', 'The connection to the server broke.');
      if (!this.#closed) this.emit('disconnected', { reason });
    });
    for (const name of notificationNames) {
      this.#socket.on(name, (data: unknown, position?: Position) => {
        const notification = { name, data } as Notification;
        this.emit('notification', position === undefined ? { notification } : { notification, position });
      });
    }
  }

  #fail(code: 'ended' | 'disconnected', message: string): void {
    this.#opening?.reject(new PorticoClientError(code, message));
    this.#opening = undefined;
    for (const broken of [...this.#broken]) broken(new PorticoClientError(code, message));
  }
}
