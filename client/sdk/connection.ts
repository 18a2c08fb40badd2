import { Emitter } from './emitter.ts';
import { errorFromWire, PorticoClientError } from './errors.ts';
import { notificationNames } from './wire.ts';
import type { SocketLike } from './socket.ts';
import type { Endpoint } from './token.ts';
import type { Answer, Incoming, Method, Notification, Position, Request } from './wire.ts';

export interface ConnectionEvents {
  notification: Incoming;
  /** It broke; one that was closed on purpose says nothing. */
  broken: { reason: string };
}

/** One socket to one portal: requests with their answers, and notifications. Once broken it is of no use any more. */
export class Connection extends Emitter<ConnectionEvents> {
  readonly endpoint: Endpoint;
  readonly #socket: SocketLike;
  readonly #waiting = new Set<(error: PorticoClientError) => void>();
  #opening: { resolve: () => void; reject: (error: PorticoClientError) => void } | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, socket: SocketLike) {
    super();
    this.endpoint = endpoint;
    this.#socket = socket;
    this.#listen();
  }

  get connected(): boolean {
    return !this.#closed && this.#socket.connected;
  }

  /** @throws PorticoClientError `connect_failed`, or `ended` when it is closed meanwhile */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#socket.connect();
    });
  }

  /**
   * Sends a request once, before it returns, and waits for the answer.
   * @throws PorticoClientError of the server, `timeout`, `disconnected` or `ended`
   */
  ask<M extends Method>(method: M, input: Request<M>, timeoutMs: number): Promise<Answer<M>> {
    return new Promise((resolve, reject) => {
      if (!this.connected) {
        const code = this.#closed ? 'ended' : 'disconnected';
        reject(new PorticoClientError(code, 'There is no connection to the server.'));
        return;
      }
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(failed);
        act();
      };
      const failed = (error: PorticoClientError): void => {
        settle(() => {
          reject(error);
        });
      };
      const timer = setTimeout(() => {
        failed(new PorticoClientError('timeout', `The server did not answer '${method}' in time.`));
      }, timeoutMs);
      this.#waiting.add(failed);
      this.#socket.emit(method, input ?? {}, (status: unknown, data: unknown) => {
        settle(() => {
          if (status === 'ok') resolve(data as Answer<M>);
          else reject(errorFromWire(data));
        });
      });
    });
  }

  /** Sends what nobody answers. */
  say<M extends Method>(method: M, input: Request<M>): void {
    if (this.connected) this.#socket.emit(method, input ?? {});
  }

  /** Ends it without a word to those who listen. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.removeAllListeners();
    this.#socket.disconnect();
    this.#fail('ended', 'The connection was closed.');
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      this.#opening?.resolve();
      this.#opening = undefined;
    });
    this.#socket.on('connect_error', (cause: Error) => {
      const text = `The server cannot be reached at ${this.endpoint.origin}: ${cause.message}.`;
      this.#opening?.reject(new PorticoClientError('connect_failed', text, { cause }));
      this.#opening = undefined;
    });
    this.#socket.on('disconnect', (reason: string) => {
      this.#fail('disconnected', 'The connection to the server broke.');
      this.emit('broken', { reason });
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
    for (const failed of [...this.#waiting]) failed(new PorticoClientError(code, message));
  }
}
