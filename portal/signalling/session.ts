import { parse } from '../../common/bus/contract.ts';
import {
  clientContract,
  type ClientInput,
  type ClientMethod,
  type Protocol,
} from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { LeaveReason, SocketCloseReason } from '../../common/contract/reasons.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { RequestLimit } from '../limits.ts';
import type { Outcome, PortalMetrics } from '../metrics.ts';
import type { Attendee, Connection } from '../rooms/attendee.ts';
import type { Delivery } from '../rooms/delivery.ts';
import type { Departures } from '../rooms/departures.ts';
import type { Roster } from '../rooms/roster.ts';
import { checkArguments, readArguments, type Arguments } from './arguments.ts';
import { protocolOf } from './login-input.ts';
import type { Logins } from './login.ts';
import { Reply } from './reply.ts';
import { perform, type RequestMethod, type RequestServices } from './requests.ts';
import type { DropReason, Outgoing } from './wire.ts';

/** The socket of a session. */
export interface Link {
  readonly id: string;
  /** Network address of the client. */
  readonly address: string;
  emit(event: Outgoing): void;
  /** Sends what is waiting, then disconnects. */
  close(): void;
}

export interface SessionServices extends RequestServices {
  loginTimeoutMs: number;
  logins: Logins;
  roster: Roster;
  delivery: Delivery;
  departures: Departures;
  limit: RequestLimit;
  metrics: PortalMetrics;
  log: Logger;
}

/** connected: no login yet · joining: the room is being asked · joined · closed: nothing is sent or answered any more. */
type State = 'connected' | 'joining' | 'joined' | 'closed';

const isMethod = (event: string): event is ClientMethod => Object.hasOwn(clientContract, event);

/** One signalling connection: from its first event to its last. */
export class Session implements Connection {
  readonly #link: Link;
  readonly #services: SessionServices;
  readonly #loginTimer: NodeJS.Timeout;
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
      if (event === 'login' && this.#isIn('connected')) this.#refuse(failure);
    }
    const method = isMethod(event) ? event : 'unknown';
    this.#services.metrics.request(method, outcome, (performance.now() - startedAt) / 1000);
  }

  /** The connection is gone. */
  disconnected(): void {
    if (!this.#isIn('closed')) this.#finish();
    void this.#leave('disconnected');
  }

  /** Tells the client why it is removed and closes the connection. The room knows already. */
  drop(reason: DropReason): void {
    if (this.#isIn('closed')) return;
    const native = this.#protocol === undefined || this.#protocol === 'portico/1';
    this.#link.emit({ name: 'drop', args: native ? [{ reason }] : [] });
    this.#close(reason);
  }

  /** The same participant came back on another connection. */
  replace(): void {
    this.#close('replaced');
  }

  /** The portal stops. Resolves when the room knows that the participant left, or after a while. */
  async shutdown(timeoutMs: number): Promise<void> {
    // The reason comes first: closing the connection is a reason, too.
    const left = this.#leave('shutdown', timeoutMs);
    this.drop('shutdown');
    await left;
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
        await this.#login(request, reply);
        return;
      case 'logout':
        await this.#logout(request, reply);
        return;
      default:
        reply.ok(await this.#request(event, request));
    }
  }

  async #login({ input }: Arguments, reply: Reply): Promise<void> {
    if (!this.#isIn('connected')) {
      throw new PorticoError('already_joined', 'this connection has already logged in');
    }
    this.#protocol = protocolOf(input);
    this.#state = 'joining';
    clearTimeout(this.#loginTimer);
    try {
      const { attendee, answer } = await this.#services.logins.login(input, {
        connection: this,
        address: this.#link.address,
        isOpen: () => this.#isIn('joining'),
      });
      this.#enter(attendee);
      reply.ok(answer);
      this.#services.delivery.release(attendee);
    } catch (error) {
      if (this.#isIn('joining')) this.#state = 'connected';
      throw error;
    }
  }

  #enter(attendee: Attendee): void {
    const { metrics, log } = this.#services;
    this.#attendee = attendee;
    if (!this.#isIn('joining')) {
      void this.#leave('join_failed');
      throw new PorticoError('illegal_request', 'the client left while it was joining');
    }
    this.#state = 'joined';
    metrics.session('connected', -1);
    metrics.session('joined', 1);
    log.info({ room: attendee.room, participant: attendee.id, protocol: attendee.protocol }, 'joined');
  }

  /** A failed login ends the connection, as in OWT (OWT 1.3). */
  #refuse({ code }: PorticoError): void {
    const { log } = this.#services;
    log.info({ address: this.#link.address, protocol: this.#protocol, code }, 'login refused');
    this.#close('login_failed');
  }

  async #logout({ input }: Arguments, reply: Reply): Promise<void> {
    this.#joined('logout');
    parse(clientContract.logout.input, input, 'logout');
    await this.#leave('left');
    reply.ok({});
    this.#close('logged_out');
  }

  async #request<M extends RequestMethod>(method: M, { input }: Arguments): Promise<unknown> {
    const attendee = this.#joined(method);
    const request = parse(clientContract[method].input, input, method);
    return await perform(this.#services, attendee, method, request as ClientInput<M>);
  }

  /** @throws PorticoError `illegal_request` before login and after logout. */
  #joined(method: string): Attendee {
    if (this.#attendee === undefined) {
      throw new PorticoError('illegal_request', `'${method}' needs a joined participant: log in first`);
    }
    return this.#attendee;
  }

  /** The participant is no longer here; resolves when its room knows. */
  async #leave(reason: LeaveReason, timeoutMs?: number): Promise<void> {
    const attendee = this.#attendee;
    this.#attendee = undefined;
    const { roster, departures, log } = this.#services;
    if (attendee === undefined || !roster.remove(attendee)) return;
    log.info({ room: attendee.room, participant: attendee.id, reason }, 'left');
    await departures.report(attendee, reason, timeoutMs);
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
    void this.#services.limit.forget(this.#link.id);
  }

  #isIn(state: State): boolean {
    return this.#state === state;
  }
}
