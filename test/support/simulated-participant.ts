import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type {
  ClientInput,
  ClientOutput,
  Cursor,
  NotificationPayload,
  Resume,
} from '../../common/contract/client.ts';
import { errorCodes } from '../../common/contract/errors.ts';
import { TransportId } from '../../common/contract/ids.ts';
import { HeardLog } from './heard-log.ts';
import { Refusal, SignalClient } from './signal-client.ts';

export interface SimulatedOptions {
  transports?: ('send' | 'recv')[];
  /** Comes back by itself when its connection breaks (default). */
  returns?: boolean;
}

export interface Return {
  url: string;
  resume: Resume;
  /** From the first attempt to the answer, ms. */
  tookMs: number;
}

type Text = NotificationPayload<'text'>;

const connectMs = 3_000;
const answerMs = 5_000;
const ackMs = 100;

/**
 * A participant without media that behaves as our SDK must: keeps its place in the log, acknowledges, comes back by
 * ticket on any portal, repeats what was not answered. It takes nothing for granted: what it received twice or missed is
 * counted, not hidden.
 */
export class SimulatedParticipant {
  /** Everything that it was told, once, in order. */
  readonly log: HeardLog;
  readonly returns: Return[] = [];
  /** A relogin of it was given up before its answer came: should the portal carry it out late, it is no second client. */
  abandonedOne = false;
  /** Why it is out for good; a code of an error, or a reason of `drop`. */
  ended: string | undefined;
  readonly #returning: boolean;
  #client: SignalClient;
  #url: string;
  #portals: string[];
  readonly #answer: ClientOutput<'login'>;
  #ticket: string;
  readonly #transports: TransportId[];
  #ackTimer: NodeJS.Timeout | undefined;
  #acked: Cursor | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #back: Promise<void> = Promise.resolve();

  static async join(
    url: string,
    token: string,
    { transports = [], returns = true }: SimulatedOptions = {},
  ): Promise<SimulatedParticipant> {
    const client = await SignalClient.connect(url);
    const log = new HeardLog();
    listen(client, log);
    try {
      const answer = await client.logIn(token, transports);
      return new SimulatedParticipant({ client, url, answer, log, returns });
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(made: {
    client: SignalClient;
    url: string;
    answer: ClientOutput<'login'>;
    log: HeardLog;
    returns: boolean;
  }) {
    const { client, url, answer, log, returns } = made;
    if (answer.ticket === undefined) throw new Error('the login answer holds no ticket');
    this.log = log;
    this.#returning = returns;
    this.#client = client;
    this.#url = url;
    this.#answer = answer;
    this.#ticket = answer.ticket;
    this.#portals = answer.portals;
    this.#transports = transportsOf(answer);
    log.open(answer.cursor);
    log.onHeard = () => {
      this.#acknowledge();
    };
    this.#attach(client);
  }

  get id(): string {
    return this.#answer.id;
  }

  /** The answer to the login. */
  get joined(): ClientOutput<'login'> {
    return this.#answer;
  }

  /** The portal it is on, or was on last. */
  get url(): string {
    return this.#url;
  }

  /** The newest ticket that it has got. */
  get ticket(): string {
    return this.#ticket;
  }

  get connected(): boolean {
    return this.#client.socket.connected;
  }

  /** Messages in the order in which they came. */
  get texts(): Text[] {
    return this.log.all('text');
  }

  /** Requests on the connection of this moment, without repetition. */
  get request(): SignalClient['request'] {
    return this.#client.request.bind(this.#client);
  }

  /**
   * Sends a message; resolves when the server has taken it, however often the connection breaks meanwhile. One after the
   * other, in the order of the calls.
   * @throws Refusal
   */
  send(message: string, to: ClientInput<'text'>['to'] = 'all'): Promise<void> {
    const id = randomBytes(8).toString('hex');
    const sent = this.#sending.then(() => this.#persist({ to, message, id }));
    this.#sending = sent.catch(() => undefined);
    return sent;
  }

  /** Breaks the connection from this side, without a word. */
  breakOff(): void {
    this.#client.socket.io.engine.close();
  }

  /** Resolves when it is connected again, or out for good. */
  async settled(): Promise<void> {
    await this.#back;
  }

  /**
   * Comes back on a portal.
   * @returns how the room was resumed
   * @throws Refusal, or Error when the portal cannot be reached
   */
  async comeBack(url: string): Promise<Return> {
    const started = performance.now();
    const client = await SignalClient.connect(url, connectMs);
    this.log.hold(client);
    listen(client, this.log);
    const held = { transports: this.#transports, publications: [], subscriptions: [] };
    const input = { ticket: this.#ticket, cursor: this.log.cursor, held };
    try {
      const answer = await client.request('relogin', input, answerMs);
      this.#client = client;
      this.#url = url;
      this.#ticket = answer.ticket;
      this.#portals = answer.portals;
      this.log.open(answer.cursor);
      this.#attach(client);
      const back = { url, resume: answer.resume, tookMs: performance.now() - started };
      this.returns.push(back);
      return back;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Leaves for good. */
  async leave(): Promise<void> {
    this.ended = 'left';
    if (this.connected) await this.#client.request('logout', {}).catch(() => undefined);
    this.close();
  }

  /** Is gone without a word. */
  close(): void {
    this.ended ??= 'closed';
    clearTimeout(this.#ackTimer);
    this.#client.close();
  }

  #attach(client: SignalClient): void {
    client.socket.on('drop', (payload?: { reason: string }) => {
      if (payload?.reason === 'replaced' && (this.abandonedOne || client !== this.#client)) return;
      this.ended ??= payload?.reason ?? 'dropped';
    });
    client.socket.on('portals', ({ portals, move }: NotificationPayload<'portals'>) => {
      this.#portals = portals;
      if (move && this.#returning) client.socket.io.engine.close();
    });
    client.socket.on('disconnect', () => {
      if (client === this.#client && this.ended === undefined && this.#returning) this.#back = this.#return();
    });
    this.log.onGap = (cursor) => {
      client.request('resync', { cursor }).catch(() => undefined);
    };
  }

  /** Tries all portals in turn, the last one first, until one takes it. */
  async #return(): Promise<void> {
    for (let attempt = 0; this.ended === undefined; attempt += 1) {
      const all = [this.#url, ...this.#portals.filter((portal) => portal !== this.#url)];
      const url = all[attempt % all.length] ?? this.#url;
      try {
        await this.comeBack(url);
        return;
      } catch (error) {
        if (error instanceof Refusal && !retryable(error)) this.ended = error.code;
        await pause(Math.min(1_000, 20 * 2 ** attempt));
      }
    }
  }

  async #persist(input: ClientInput<'text'>): Promise<void> {
    for (;;) {
      await this.#back;
      if (this.ended !== undefined) throw new Error(`${this.id} is out: ${this.ended}`);
      try {
        await this.#answered(input);
        return;
      } catch (error) {
        if (error instanceof Refusal && !retryable(error)) throw error;
        await pause(20);
      }
    }
  }

  /** The answer, or a failure as soon as the connection breaks. */
  async #answered(input: ClientInput<'text'>): Promise<void> {
    const { socket } = this.#client;
    let broken: () => void = () => undefined;
    const breaking = new Promise<never>((_resolve, reject) => {
      broken = () => {
        reject(new Error('the connection broke'));
      };
      if (socket.connected) socket.once('disconnect', broken);
      else broken();
    });
    try {
      await Promise.race([this.#client.request('text', input, answerMs), breaking]);
    } finally {
      socket.off('disconnect', broken);
    }
  }

  #acknowledge(): void {
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = undefined;
      const { cursor } = this.log;
      if (!this.connected || cursor.seq === this.#acked?.seq) return;
      this.#acked = cursor;
      this.#client.socket.emit('ack', cursor);
    }, ackMs);
  }
}

function listen(client: SignalClient, log: HeardLog): void {
  client.socket.onAny((name: string, payload: unknown, position?: unknown) => {
    log.receive(client, name, payload, position);
  });
}

const transportsOf = ({ media }: ClientOutput<'login'>): TransportId[] =>
  Object.values(media?.transports ?? {}).flatMap((options) =>
    options === undefined ? [] : [TransportId.parse(options.id)],
  );

const retryable = ({ code }: Refusal): boolean =>
  (errorCodes as Record<string, { retryable: boolean }>)[code]?.retryable ?? false;
