import { parse } from '../../common/bus/contract.ts';
import {
  clientContract,
  type ClientInput,
  type ClientMethod,
  type ClientOutput,
  type Protocol,
} from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { LeaveReason, SocketCloseReason } from '../../common/contract/reasons.ts';
import type { Outcome } from '../metrics.ts';
import type { Attendee, Connection } from '../rooms/attendee.ts';
import { checkArguments, readArguments, type Arguments } from './arguments.ts';
import { EarlyRequests } from './early-requests.ts';
import { protocolOf } from './login-input.ts';
import { Reply } from './reply.ts';
import { perform, type RequestMethod } from './requests.ts';
import type { Link, SessionServices } from './session-services.ts';
import type { DropReason } from './wire.ts';

/** connected: no login yet · joining: the room is being asked · joined · closed: nothing is sent or answered any more. */
type State = 'connected' | 'joining' | 'joined' | 'closed';

const isMethod = (event: string): event is ClientMethod => Object.hasOwn(clientContract, event);

/** One signalling connection: from its first event to its last. */
export class Session implements Connection {
  readonly #link: Link;
  readonly #services: SessionServices;
  readonly #loginTimer: NodeJS.Timeout;
  readonly #early = new EarlyRequests(() => this.#isIn('joining'));
  #state: State = 'connected';
  #protocol: Protocol | undefined;
  #attendee: Attendee | undefined;

  constructor(link: Link, services: SessionServices) {
    this.#link = link;
    this.#services = services;
    services.metrics.session('connected', 1);
    this.#loginTimer = setTimeout(() => {
      this.drop('login_timeout');
    }, services.loginTimeoutMs);
  }

  get id(): string {
    return this.#link.id;
  }

  /** Whether this is one of our own clients, in a room. */
  get isNative(): boolean {
    return this.#attendee?.native === true;
  }

  /** An event of the client, whatever it is. Never throws. */
  async receive(event: string, args: readonly unknown[]): Promise<void> {
    if (this.#isIn('closed')) return;
    const startedAt = performance.now();
    const request = readArguments(args);
    const reply = new Reply(request.ack);
    let outcome: Outcome = 'ok';
    try {
      await this.#withinLimit();
      checkArguments(request);
      await this.#dispatch(event, request, reply);
    } catch (error) {
      const failure = PorticoError.from(error);
      outcome = failure.code;
      if (outcome === 'internal') this.#services.log.error({ err: error, event }, 'request failed');
      reply.fail(failure, this.#protocol);
      if (isEntry(event) && this.#isIn('connected')) this.#refuse(event, failure);
    }
    const method = isMethod(event) ? event : 'unknown';
    this.#services.metrics.request(method, outcome, (performance.now() - startedAt) / 1000);
  }

  /** The client answered a ping (or sent one): it was alive a moment ago. */
  signOfLife(): void {
    if (this.#attendee !== undefined) this.#services.delivery.signOfLife(this.#attendee);
  }

  /** The connection is gone. */
  disconnected(): void {
    if (!this.#isIn('closed')) this.#finish();
    void this.#away();
  }

  /** Tells the client why it is removed and closes the connection. The room knows already. */
  drop(reason: DropReason): void {
    if (this.#isIn('closed')) return;
    const native = this.#protocol === undefined || this.#protocol === 'portico/1';
    this.#link.emit({ name: 'drop', args: native ? [{ reason }] : [] });
    this.#close(reason);
  }

  /**
   * The same participant goes on with another connection. One of our own clients is told when it did not ask for that:
   * it may be a second page with the same ticket, and must not fight with the first.
   */
  retire(reason: 'replaced' | 'moved'): void {
    if (this.#isIn('closed')) return;
    if (reason === 'replaced' && this.isNative) this.#link.emit({ name: 'drop', args: [{ reason }] });
    this.#attendee = undefined;
    this.#close(reason);
  }

  /** The portal stops. Resolves when the room knows that the participant is away, or after a while. */
  async shutdown(timeoutMs: number): Promise<void> {
    if (this.#isIn('closed')) return;
    const { presence } = this.#services;
    if (!presence.keepsPlaces) {
      // The reason comes first: closing the connection is a reason, too.
      const left = this.#leave('shutdown', timeoutMs);
      this.drop('shutdown');
      await left;
      return;
    }
    const away = this.#away({ timeoutMs });
    this.#services.metrics.closed('shutdown');
    this.#finish();
    this.#link.cut();
    await away;
  }

  async #withinLimit(): Promise<void> {
    const refused = await this.#services.limit.take(this.#link.id);
    if (refused === undefined) return;
    if (refused.flood) {
      this.#services.log.warn({ address: this.#link.address }, 'flood of requests');
      void this.#leave('dropped');
      this.drop('abuse');
    }
    throw refused.error;
  }

  async #dispatch(event: string, request: Arguments, reply: Reply): Promise<void> {
    if (!isMethod(event)) {
      throw new PorticoError('unknown_method', `method '${event}' does not exist`);
    }
    switch (event) {
      case 'login':
        await this.#enter(() => this.#login(request, reply));
        return;
      case 'relogin':
        await this.#enter(() => this.#relogin(request, reply));
        return;
      case 'logout':
        await this.#logout(request, reply);
        return;
      case 'resync':
        await this.#inTurn(event);
        await this.#resync(request, reply);
        return;
      default:
        await this.#inTurn(event);
        reply.ok(await this.#request(event, request));
    }
  }

  async #inTurn(method: string): Promise<void> {
    if (this.#isIn('connected') || this.#isIn('joining')) await this.#early.turn(method);
  }

  async #enter(task: () => Promise<void>): Promise<void> {
    if (!this.#isIn('connected')) {
      throw new PorticoError('already_joined', 'this connection has already logged in');
    }
    this.#state = 'joining';
    clearTimeout(this.#loginTimer);
    try {
      await task();
    } catch (error) {
      if (this.#isIn('joining')) this.#state = 'connected';
      throw error;
    }
  }

  async #login({ input }: Arguments, reply: Reply): Promise<void> {
    this.#protocol = protocolOf(input);
    const { logins, presence, delivery } = this.#services;
    const { attendee, answer } = await logins.login(input, this.#newcomer);
    if (!this.#isIn('joining')) {
      void presence.leave(attendee, 'join_failed');
      throw new PorticoError('illegal_request', 'the client left while it was joining');
    }
    this.#welcome(attendee, answer, reply);
    delivery.resume(attendee);
  }

  async #relogin({ input }: Arguments, reply: Reply): Promise<void> {
    this.#protocol = typeof input === 'string' ? '1.2' : 'portico/1';
    await this.#services.relogins.relogin(input, {
      ...this.#newcomer,
      recognised: (protocol) => {
        this.#protocol = protocol;
      },
      welcome: (attendee, answer) => {
        this.#welcome(attendee, answer, reply);
      },
    });
  }

  get #newcomer() {
    return { connection: this, address: this.#link.address, isOpen: () => this.#isIn('joining') };
  }

  #welcome(attendee: Attendee, answer: unknown, reply: Reply): void {
    const { metrics, log } = this.#services;
    this.#attendee = attendee;
    this.#state = 'joined';
    metrics.session('connected', -1);
    metrics.session('joined', 1);
    log.info({ room: attendee.room, participant: attendee.id, protocol: attendee.protocol }, 'joined');
    reply.ok(answer);
    this.#early.settle();
  }

  /** A failed login ends the connection, as in OWT (OWT 1.3, 2.4). */
  #refuse(event: 'login' | 'relogin', { code }: PorticoError): void {
    const { log } = this.#services;
    log.info({ address: this.#link.address, protocol: this.#protocol, code }, `${event} refused`);
    this.#close(event === 'login' ? 'login_failed' : 'relogin_failed');
  }

  async #logout({ input }: Arguments, reply: Reply): Promise<void> {
    this.#joined('logout');
    const request = parse(clientContract.logout.input, input, 'logout');
    if ('returnWithinMs' in request && request.returnWithinMs > 0) {
      await this.#away({ returnWithinMs: request.returnWithinMs });
    } else {
      await this.#leave('left');
    }
    reply.ok({});
    this.#close('logged_out');
  }

  async #resync({ input }: Arguments, reply: Reply): Promise<void> {
    const attendee = this.#joined('resync');
    const { cursor } = parse(clientContract.resync.input, input, 'resync');
    await this.#services.resyncs.resync(attendee, cursor, (output) => {
      reply.ok(output);
    });
  }

  async #request<M extends RequestMethod>(method: M, { input }: Arguments): Promise<unknown> {
    const attendee = this.#joined(method);
    const request = parse(clientContract[method].input, input, method);
    const output = await perform(this.#services, attendee, method, request as ClientInput<M>);
    // OWT clients take the ticket alone (OWT 2.2).
    const bare = method === 'refreshReconnectionTicket' && !attendee.native;
    return bare ? (output as ClientOutput<'refreshReconnectionTicket'>).ticket : output;
  }

  /** @throws PorticoError `illegal_request` before login and after logout. */
  #joined(method: string): Attendee {
    if (this.#attendee === undefined) {
      throw new PorticoError('illegal_request', `'${method}' needs a joined participant: log in first`);
    }
    return this.#attendee;
  }

  /** The connection ends, the participant may come back; resolves when its room knows. */
  async #away(options: { returnWithinMs?: number; timeoutMs?: number } = {}): Promise<void> {
    const attendee = this.#attendee;
    this.#attendee = undefined;
    if (attendee !== undefined) await this.#services.presence.away(attendee, this, options);
  }

  /** The participant is no longer here; resolves when its room knows. */
  async #leave(reason: LeaveReason, timeoutMs?: number): Promise<void> {
    const attendee = this.#attendee;
    this.#attendee = undefined;
    if (attendee !== undefined) await this.#services.presence.leave(attendee, reason, timeoutMs);
  }

  #close(reason: SocketCloseReason): void {
    if (this.#isIn('closed')) return;
    this.#services.metrics.closed(reason);
    this.#finish();
    this.#link.close();
  }

  #finish(): void {
    clearTimeout(this.#loginTimer);
    this.#services.metrics.session(this.#isIn('joined') ? 'joined' : 'connected', -1);
    this.#state = 'closed';
    this.#early.settle();
    void this.#services.limit.forget(this.#link.id);
    void this.#services.resyncs.forget(this.#link.id);
  }

  #isIn(state: State): boolean {
    return this.#state === state;
  }
}

const isEntry = (event: string): event is 'login' | 'relogin' => event === 'login' || event === 'relogin';
