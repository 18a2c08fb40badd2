import { testFakeParameters as fake } from 'mediasoup-client';
import { snapshot } from './room.ts';
import { FakeSocket } from './fake-socket.ts';
import type { SocketLike } from '../../../../client/sdk/socket.ts';
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

/** A ticket as far as clients read it. */
export const ticket = (name = 'first', lifeMs = 600_000): string =>
  btoa(JSON.stringify({ name, notBefore: Date.now(), notAfter: Date.now() + lifeMs }));

/** The name that `ticket` was given. */
export const nameOf = (text: unknown): string => (JSON.parse(atob(String(text))) as { name: string }).name;

interface Told {
  name: string;
  data: unknown;
  position: { epoch: number; seq: number; prev: number };
}

/**
 * The far side of signalling connections: answers as a room with one member would, unless a test says otherwise
 * with `on`, and keeps what it was asked. It takes back whoever comes with a ticket and tells it what it missed.
 */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  /** What came without wanting an answer. */
  readonly said: SeenRequest[] = [];
  /** All sockets that the SDK made. */
  readonly sockets: FakeSocket[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #waiting = new Set<() => void>();
  readonly #told: Told[] = [];
  #epoch = 1;
  #seq = 100;
  #transports = 0;
  /** The socket that logged in last. */
  #joined: FakeSocket | undefined;
  /** Streams of the room at login. */
  streams: StreamInfo[] = [];
  /** Recordings that run then. */
  recordings: object[] = [];
  /** Whether a portal takes connections; `silent`: attempts get no answer. */
  reach: (origin: string) => 'open' | 'refused' | 'silent' = () => 'open';
  /** Publications and subscriptions that are gone when the client comes back. */
  readonly lost = new Set<string>();
  portals: string[] = [];
  /** What `login` gives; undefined: nobody's place is kept. */
  ticket: string | undefined = ticket();

  constructor() {
    this.#defaults();
  }

  readonly createSocket = ({ origin }: { origin: string }): SocketLike => {
    const socket = new FakeSocket(origin, {
      onConnect: (one) => {
        const reach = this.reach(origin);
        if (reach === 'open') one.accept();
        else if (reach === 'refused') one.refuse();
        this.#wake();
      },
      onEmit: (one, method, input, answer) => {
        void this.#answer(one, { method, input: input as Record<string, unknown> }, answer);
      },
    });
    this.sockets.push(socket);
    return socket;
  };

  get connected(): boolean {
    return this.#joined?.connected === true;
  }

  /** The socket in use, or made last. */
  get socket(): FakeSocket {
    return this.#joined ?? (this.sockets.at(-1) as FakeSocket);
  }

  /** Position of the newest notification. */
  get cursor(): { epoch: number; seq: number } {
    return { epoch: this.#epoch, seq: this.#seq };
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
      room: { ...snapshot(['me', 'bob'], this.streams), recordings: this.recordings },
      iceServers: [],
      cursor: { epoch: this.#epoch, seq },
      portals: this.portals,
      ...(this.ticket === undefined ? {} : { ticket: this.ticket }),
      media: {
        rtpCapabilities: fake.generateRouterRtpCapabilities(),
        transports: { send: this.#transport(), recv: this.#transport() },
      },
    };
  }

  /** The answer to a relogin: of a room that still has what the client holds. */
  reloginAnswer(input: Record<string, unknown>): object {
    const held = input['held'] as { publications: string[]; subscriptions: string[] } | undefined;
    const kept = (ids: string[] | undefined): string[] => (ids ?? []).filter((id) => !this.lost.has(id));
    const { room, media, ...who } = this.loginAnswer(this.#seq) as { room: unknown; media: unknown };
    return {
      ...who,
      ...(held === undefined ? { resume: 'fresh', room, media } : { resume: 'replay' }),
      cursor: input['cursor'] ?? this.cursor,
      sessions: { publications: kept(held?.publications), subscriptions: kept(held?.subscriptions) },
      ticket: ticket(`${nameOf(input['ticket'])}+`),
    };
  }

  /** A notification of the room's log; kept for those who are away. */
  tell(name: string, data: unknown): void {
    this.#seq += 1;
    const told = { name, data, position: { epoch: this.#epoch, seq: this.#seq, prev: this.#seq - 1 } };
    this.#told.push(told);
    if (this.connected) this.#send(told);
  }

  /** A notification that is lost on its way. */
  loseOne(name: string, data: unknown): void {
    const joined = this.#joined;
    this.#joined = undefined;
    this.tell(name, data);
    this.#joined = joined;
  }

  /** Everything after a position once more. */
  replay(after: { epoch: number; seq: number }): void {
    for (const told of this.#told) {
      const { epoch, seq } = told.position;
      if (epoch > after.epoch || (epoch === after.epoch && seq > after.seq)) this.#send(told);
    }
  }

  /** A notification that is not kept. */
  hint(name: string, data: unknown): void {
    this.#joined?.fire(name, data);
  }

  disconnect(reason = 'transport close'): void {
    this.socket.break(reason);
  }

  #send({ name, data, position }: Told): void {
    this.#joined?.fire(name, data, position);
  }

  async #answer(socket: FakeSocket, request: SeenRequest, answer: Listener | undefined): Promise<void> {
    const { method, input } = request;
    if (answer === undefined) {
      this.said.push(request);
      this.#wake();
      return;
    }
    this.requests.push(request);
    // It may tell something before the answer.
    if (method === 'login' || method === 'relogin') this.#joined = socket;
    this.#wake();
    const handler = this.#handlers.get(method);
    const reply = handler === undefined ? new Refusal('unknown_method') : await handler(input);
    if (reply === silence || !socket.connected) return;
    if (reply instanceof Refusal) answer('error', reply.wire);
    else answer('ok', reply);
    const { resume } = reply as { resume?: string };
    if (method !== 'login' && resume === 'replay') this.replay(input['cursor'] as typeof this.cursor);
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
    this.on('relogin', (input) => this.reloginAnswer(input));
    this.on('resync', () => ({ resume: 'replay' }));
    this.on('refreshReconnectionTicket', () => ({ ticket: ticket('renewed') }));
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
