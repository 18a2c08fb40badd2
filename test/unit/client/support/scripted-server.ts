import { testFakeParameters as fake } from 'mediasoup-client';
import { snapshot } from './room.ts';
import type { SocketLike } from '../../../../client/sdk/signaling.ts';
import type { StreamInfo } from '../../../../client/sdk/wire.ts';

export interface SeenRequest {
  method: string;
  input: Record<string, unknown>;
}

type Handler = (input: Record<string, unknown>) => unknown;
type Listener = (...args: unknown[]) => void;

/** An answer `('error', ...)`. */
export class Refusal {
  readonly wire: Record<string, unknown>;

  constructor(code: string, more: Record<string, unknown> = {}) {
    this.wire = { code, message: `refused: ${code}`, ...more };
  }
}

/** No answer at all. */
export const silence = Symbol('silence');

/**
 * The far side of one signalling connection: answers as a room with one member would, unless a test says otherwise
 * with `on`, and keeps what it was asked.
 */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #waiting = new Set<() => void>();
  #connected = false;
  #seq = 100;
  #transports = 0;
  /** Streams of the room at login. */
  streams: StreamInfo[] = [];

  constructor() {
    this.#defaults();
  }

  /** What the SDK takes for its Socket.IO socket. */
  get socket(): SocketLike {
    const connected = (): boolean => this.#connected;
    return {
      get connected() {
        return connected();
      },
      connect: () => {
        queueMicrotask(() => {
          this.#connected = true;
          this.#fire('connect');
        });
      },
      disconnect: () => {
        this.disconnect('io client disconnect');
      },
      on: (event, listener) => {
        const listeners = this.#listeners.get(event) ?? new Set();
        this.#listeners.set(event, listeners.add(listener as Listener));
      },
      emit: (method, input, answer) => {
        void this.#answer(method, input as Record<string, unknown>, answer as Listener);
      },
    };
  }

  get connected(): boolean {
    return this.#connected;
  }

  on(method: string, handler: Handler): void {
    this.#handlers.set(method, handler);
  }

  /** Answers once so, afterwards as before. */
  once(method: string, handler: Handler): void {
    const before = this.#handlers.get(method);
    this.on(method, (input) => {
      if (before !== undefined) this.on(method, before);
      return handler(input);
    });
  }

  /** Requests of one method so far. */
  seen(method: string): Record<string, unknown>[] {
    return this.requests.filter((request) => request.method === method).map(({ input }) => input);
  }

  /** Resolves when the method was asked `count` times. */
  async asked(method: string, count = 1): Promise<Record<string, unknown>> {
    await this.until(() => this.seen(method).length >= count);
    return this.seen(method)[count - 1] ?? {};
  }

  /** Resolves when a condition holds; looked at after every request and answer. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** The answer to a login, reflecting the room's log up to `seq`. */
  loginAnswer(seq: number): object {
    return {
      id: 'me',
      user: 'alice',
      role: 'presenter',
      permission: { publish: { audio: true, video: true }, subscribe: { audio: true, video: true } },
      room: snapshot(['me', 'bob'], this.streams),
      iceServers: [],
      cursor: { epoch: 1, seq },
      media: {
        rtpCapabilities: fake.generateRouterRtpCapabilities(),
        transports: { send: this.#transport(), recv: this.#transport() },
      },
    };
  }

  /** A notification of the room's log. */
  tell(name: string, data: unknown): void {
    this.#seq += 1;
    this.#fire(name, data, { epoch: 1, seq: this.#seq, prev: this.#seq - 1 });
  }

  /** A notification that is not kept. */
  hint(name: string, data: unknown): void {
    this.#fire(name, data);
  }

  disconnect(reason = 'transport close'): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#fire('disconnect', reason);
  }

  #fire(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }

  async #answer(method: string, input: Record<string, unknown>, answer: Listener): Promise<void> {
    this.requests.push({ method, input });
    this.#wake();
    const handler = this.#handlers.get(method);
    const reply = handler === undefined ? new Refusal('unknown_method') : await handler(input);
    if (reply === silence || !this.#connected) return;
    if (reply instanceof Refusal) answer('error', reply.wire);
    else answer('ok', reply);
    // The SDK goes on in microtasks of its own.
    setImmediate(() => {
      this.#wake();
    });
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #transport(): unknown {
    this.#transports += 1;
    return { ...fake.generateTransportRemoteParameters(), id: `transport-${String(this.#transports)}` };
  }

  #defaults(): void {
    this.on('login', () => this.loginAnswer(this.#seq));
    this.on('createWebRtcTransport', () => ({
      transport: this.#transport(),
      rtpCapabilities: fake.generateRouterRtpCapabilities(),
      iceServers: [],
    }));
    this.on('publish', ({ id, media }) => ({
      id,
      transportId: 'transport-1',
      tracks: (media as { tracks: { type: string }[] }).tracks.map(({ type }, index) => ({
        id: `${String(id)}-${String(index)}`,
        type,
      })),
    }));
    this.on('subscribe', ({ id }) => ({ id, transportId: 'transport-2', tracks: [] }));
    this.on('consume', ({ track }) => {
      const audio = String(track).endsWith('-0');
      const { id, producerId, kind, rtpParameters } = fake.generateConsumerRemoteParameters({
        codecMimeType: audio ? 'audio/opus' : 'video/VP8',
      });
      return { id, producerId, kind, rtpParameters, producerPaused: false, type: 'simple' };
    });
    this.on('produce', () => ({ id: crypto.randomUUID() }));
    this.on('restartIce', () => ({
      iceParameters: fake.generateTransportRemoteParameters().iceParameters,
      iceServers: [],
    }));
    for (const method of [
      'connectTransport',
      'drop',
      'logout',
      'resume',
      'setLayers',
      'stream-control',
      'subscription-control',
      'text',
      'unpublish',
      'unsubscribe',
    ]) {
      this.on(method, () => ({}));
    }
  }
}
