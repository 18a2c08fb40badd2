import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type {
  ClientInput,
  ClientMethod,
  ClientOutput,
  NotificationName,
} from '../../common/contract/client.ts';

/** An acknowledgement that was not `ok`. */
export class Refusal extends Error {
  readonly code: string;
  readonly wire: unknown;

  constructor(wire: unknown) {
    const { code, message } = (typeof wire === 'object' && wire !== null ? wire : {}) as {
      code?: string;
      message?: string;
    };
    super(`${code ?? 'no code'}: ${message ?? String(wire)}`);
    this.code = code ?? '';
    this.wire = wire;
  }
}

export interface Received {
  name: NotificationName;
  payload: unknown;
}

/** A bare signalling client of protocol `portico/1`, without media. */
export class SignalClient {
  readonly socket: Socket;
  readonly received: Received[] = [];
  /** The answer to the login. */
  login: ClientOutput<'login'> | undefined;

  static async connect(url: string, timeout = 20_000): Promise<SignalClient> {
    const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, timeout });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return new SignalClient(socket);
  }

  /** Connects and logs in. */
  static async join(url: string, token: string, transports: ('send' | 'recv')[] = []): Promise<SignalClient> {
    const client = await SignalClient.connect(url);
    try {
      await client.logIn(token, transports);
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((name: string, payload: unknown) => {
      this.received.push({ name: name as NotificationName, payload });
    });
  }

  async logIn(token: string, transports: ('send' | 'recv')[] = []): Promise<ClientOutput<'login'>> {
    this.login = await this.request('login', {
      token,
      protocol: 'portico/1',
      userAgent: { sdk: { type: 'test', version: '1' } },
      requestId: randomBytes(8).toString('hex'),
      transports,
    });
    return this.login;
  }

  /** @throws Refusal */
  async request<M extends ClientMethod>(
    method: M,
    input?: ClientInput<M>,
    timeoutMs = 15_000,
  ): Promise<ClientOutput<M>> {
    return await new Promise((resolve, reject) => {
      const onAnswer = (timeout: Error | null, status?: string, value?: unknown) => {
        if (timeout !== null) reject(timeout);
        else if (status === 'ok') resolve(value as ClientOutput<M>);
        else reject(new Refusal(value));
      };
      this.socket.timeout(timeoutMs).emit(method, input, onAnswer);
    });
  }

  /** The first notification (past or future) that matches. */
  async notification(
    name: NotificationName,
    matches: (payload: never) => boolean,
    timeoutMs = 10_000,
  ): Promise<unknown> {
    const find = () => this.received.find((one) => one.name === name && matches(one.payload as never));
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.socket.offAny(check);
        reject(new Error(`no '${name}' notification like that within ${String(timeoutMs)} ms`));
      }, timeoutMs);
      const check = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.socket.offAny(check);
        resolve(found.payload);
      };
      this.socket.onAny(check);
      check();
    });
  }

  close(): void {
    this.socket.disconnect();
  }
}
