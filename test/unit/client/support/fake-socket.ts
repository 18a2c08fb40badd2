import type { SocketLike } from '../../../../client/sdk/socket.ts';

type Listener = (...args: unknown[]) => void;

export interface FakeSocketParts {
  /** Called when the SDK wants to connect: `accept`, `refuse`, or never. */
  onConnect: (socket: FakeSocket) => void;
  /** Called for what the SDK emits. */
  onEmit: (socket: FakeSocket, event: string, input: unknown, answer: Listener | undefined) => void;
}

/** What the SDK takes for a Socket.IO client socket, and the handle of the test on it. */
export class FakeSocket implements SocketLike {
  readonly origin: string;
  readonly #parts: FakeSocketParts;
  readonly #listeners = new Map<string, Set<Listener>>();
  #connected = false;
  #closed = false;

  constructor(origin: string, parts: FakeSocketParts) {
    this.origin = origin;
    this.#parts = parts;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** The SDK has given it up. */
  get closed(): boolean {
    return this.#closed;
  }

  connect(): void {
    this.#parts.onConnect(this);
  }

  disconnect(): void {
    this.#closed = true;
    this.break('io client disconnect');
  }

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  emit(event: string, input?: unknown, answer?: unknown): void {
    this.#parts.onEmit(this, event, input, answer as Listener | undefined);
  }

  accept(): void {
    queueMicrotask(() => {
      if (this.#closed) return;
      this.#connected = true;
      this.fire('connect');
    });
  }

  refuse(): void {
    queueMicrotask(() => {
      this.fire('connect_error', new Error('refused'));
    });
  }

  break(reason = 'transport close'): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.fire('disconnect', reason);
  }

  fire(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}
