import { Acknowledger } from './acknowledger.ts';
import { comeBack } from './comeback.ts';
import { Emitter } from './emitter.ts';
import { PorticoClientError, toClientError } from './errors.ts';
import { Move } from './move.ts';
import { Portals } from './portals.ts';
import { Requests } from './requests.ts';
import { Resync } from './resync.ts';
import { rivalOf } from './rival.ts';
import { TicketKeeper } from './ticket.ts';
import { userAgent } from './version.ts';
import type { Connection } from './connection.ts';
import type { Dialer } from './dialer.ts';
import type { NotificationLog } from './notification-log.ts';
import type { RequestOptions } from './pending-request.ts';
import type { Requester } from './requests.ts';
import type { PortalsOptions } from './portals.ts';
import type { Answer, Held, Incoming, Method, NotificationPayload, Request } from './wire.ts';

export interface SignalingEvents {
  /** The connection broke; another one is looked for. */
  away: Record<string, never>;
  /** The server has taken us back. Requests and notifications go on right after this. */
  back: Answer<'relogin'>;
  /** There is no way back. */
  over: { reason: 'disconnected' | 'reconnect_failed'; error?: PorticoClientError };
  /** The server ends it. */
  dropped: { reason: NonNullable<NotificationPayload<'drop'>>['reason'] };
  ticket: { ticket: string; notAfter: number };
}

export interface SignalingOptions extends PortalsOptions {
  /** Of a request with its repetitions, ms. */
  timeoutMs: number;
  log: NotificationLog;
  /** What there still is of our media. */
  held: () => Held;
}

const broken = (): PorticoClientError =>
  new PorticoClientError('disconnected', 'The connection to the server broke.');

/** Time for a new ticket, ms. */
const renewMs = 5000;
/** A relogin that was given up without an answer may still be carried out for so long, ms. */
const lateMs = 20_000;
/** Time for a room to take us back: its owner may have died with the portal, and another is just taking over, ms. */
const reloginMs = 8000;

/**
 * The way to the server: one connection at a time, and another one when it breaks, on any portal, with a ticket. Whoever
 * uses it need not know: requests wait, and notifications go on where they stopped.
 */
export class Signaling extends Emitter<SignalingEvents> implements Requester {
  readonly #options: SignalingOptions;
  readonly #portals: Portals;
  readonly #requests: Requests;
  readonly #tickets: TicketKeeper;
  readonly #acknowledger: Acknowledger;
  readonly #resync: Resync;
  #connection: Connection | undefined;
  #started = false;
  #closed = false;
  #doubting = false;
  /** The page was put away: it comes back by `wake`, or never. */
  #asleep = false;
  /** When a relogin was given up without an answer. */
  #abandonedAt = -Infinity;
  /** While a connection is looked for. */
  #outage: { dialer: Dialer; stop: AbortController } | undefined;
  /** While we go to another portal. */
  #move: Move | undefined;

  constructor(options: SignalingOptions) {
    super();
    const { timeoutMs, logger, log } = options;
    this.#options = options;
    this.#portals = new Portals(options);
    const onSilence = (): void => void this.prove();
    this.#requests = new Requests({ timeoutMs, logger, onSilence });
    this.#tickets = new TicketKeeper({
      onTicket: (ticket) => {
        this.emit('ticket', ticket);
      },
      onDue: () => void this.#renewTicket(),
      onExpired: () => {
        this.#expired();
      },
    });
    this.#acknowledger = new Acknowledger((cursor) => this.#connection?.say('ack', cursor));
    this.#resync = new Resync({
      log,
      logger,
      ask: (cursor, ms) => this.#ask('resync', { cursor }, ms),
      onHopeless: () => {
        this.#lose();
      },
    });
  }

  get online(): boolean {
    return this.#requests.online;
  }

  /** Makes the first connection, or another one in its place, to log in on. */
  async open(): Promise<Connection> {
    if (this.#closed) throw new PorticoClientError('ended', 'The conference is over.');
    this.#connection?.close();
    const connection = this.#portals.connect();
    this.#connection = connection;
    this.#listen(connection);
    await connection.open();
    return connection;
  }

  /** The server knows us on this connection: requests may go. */
  admitted(connection: Connection): void {
    this.#requests.resume(connection);
  }

  /** From now on the connection is made again when it breaks. */
  start({ ticket, portals }: { ticket?: string | undefined; portals: string[] }): void {
    this.#started = true;
    this.#portals.set(portals);
    if (ticket !== undefined) this.#tickets.set(ticket);
    if (this.#connection?.connected !== true) this.#lose();
  }

  request<M extends Method>(method: M, input: Request<M>, options?: RequestOptions): Promise<Answer<M>> {
    return this.#requests.request(method, input, options);
  }

  /** The log has delivered everything up to its cursor. */
  delivered(): void {
    const { cursor } = this.#options.log;
    if (cursor !== undefined && this.#started) this.#acknowledger.delivered(cursor);
  }

  /** A notification is missing. */
  fillGap(): void {
    void this.#resync.fill();
  }

  /** Lets the connection prove itself; one that does not answer is given up. */
  async prove(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || !this.online) return;
    const alive = await this.#resync.prove();
    if (!alive && connection === this.#connection && this.online) this.#lose();
  }

  /** Something suggests that the way to the server is broken: a new connection is made while this one proves itself. */
  async doubt(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || !this.online || this.#doubting || this.#move !== undefined) return;
    this.#doubting = true;
    const winner = await rivalOf(this.#resync.prove(), this.#portals.dialer('all'));
    this.#doubting = false;
    const inUse = connection === this.#connection && this.online;
    if (winner === 'alive') return;
    if (inUse) this.#lose(winner === 'dead' ? undefined : winner);
    else if (winner !== 'dead') winner.close();
  }

  /** The network is back, or another one. */
  networkChanged(): void {
    if (this.#outage !== undefined) this.#outage.dialer.hurry();
    else void this.doubt();
  }

  /** The page goes away, for good or for a while: others need not wait long for us. */
  sleep(returnWithinMs: number): void {
    this.#asleep = true;
    if (this.#started && this.online) this.#connection?.say('logout', { returnWithinMs });
  }

  /** The page was only put away, and has become visible again. */
  wake(): void {
    const wasAway = this.#asleep;
    this.#asleep = false;
    if (wasAway && this.#outage === undefined) this.#lose();
    else this.networkChanged();
  }

  close(error = new PorticoClientError('ended', 'The conference is over.')): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outage?.stop.abort();
    this.#move?.stop();
    this.#tickets.stop();
    this.#acknowledger.stop();
    this.#connection?.close();
    this.#requests.close(error);
    this.removeAllListeners();
  }

  #listen(connection: Connection): void {
    connection.on('notification', (incoming) => {
      this.#receive(connection, incoming);
    });
    connection.on('broken', () => {
      if (connection === this.#connection) this.#lose();
    });
  }

  #receive(connection: Connection, incoming: Incoming): void {
    const { notification } = incoming;
    const current = connection === this.#connection;
    switch (notification.name) {
      case 'drop':
        // A portal that we are just leaving says that we are elsewhere.
        if (current && this.#started && this.#move?.handing !== true)
          this.#dropped(notification.data?.reason ?? 'dropped');
        break;
      case 'portals':
        if (!current) break;
        this.#portals.set(notification.data.portals);
        if (notification.data.move && this.#started) void this.#moveAway();
        break;
      default:
        this.#options.log.receive(incoming);
    }
  }

  #dropped(reason: SignalingEvents['dropped']['reason']): void {
    // Not somebody else, but an attempt of our own that was carried out late: whoever made it is gone.
    if (reason === 'replaced' && performance.now() - this.#abandonedAt < lateMs) this.#lose();
    else this.emit('dropped', { reason });
  }

  async #ask<M extends Method>(method: M, input: Request<M>, timeoutMs: number): Promise<Answer<M>> {
    if (this.#connection !== undefined) return await this.#connection.ask(method, input, timeoutMs);
    throw new PorticoClientError('disconnected', 'There is no connection to the server.');
  }

  async #renewTicket(): Promise<void> {
    const connection = this.#connection;
    if (!this.online || connection === undefined) return;
    try {
      const { ticket } = await connection.ask('refreshReconnectionTicket', {}, renewMs);
      if (connection === this.#connection) this.#tickets.set(ticket);
    } catch (error) {
      this.#options.logger.info('the ticket was not renewed', { code: toClientError(error).code });
    }
  }

  /** The connection is gone, or of no use. `next`: one that stands already. */
  #lose(next?: Connection): void {
    if (this.#closed || this.#outage !== undefined) {
      next?.close();
      return;
    }
    this.#connection?.close();
    this.#connection = undefined;
    // The portal that is to take us over decides.
    if (this.#move?.handing === true) return;
    this.#move?.stop();
    if (!this.#started) {
      // Somebody waits for more than the login; its connection is of no use any more.
      if (this.online) this.#requests.close(broken());
      return;
    }
    this.#requests.pause();
    this.#acknowledger.stop();
    if (this.#asleep) return;
    if (this.#tickets.text === undefined) this.#over('disconnected', broken());
    else void this.#return(next);
  }

  async #return(first?: Connection): Promise<void> {
    const { logger } = this.#options;
    const stop = new AbortController();
    const dialer = this.#portals.dialer('all');
    this.#outage = { dialer, stop };
    logger.info('the connection broke');
    this.emit('away', {});
    try {
      const relogin = (connection: Connection): Promise<Answer<'relogin'>> => this.#relogin(connection);
      const { connection, answer } = await comeBack({ dialer, first, relogin, signal: stop.signal, logger });
      this.#outage = undefined;
      this.#settle(connection, answer);
    } catch (error) {
      if (!stop.signal.aborted) this.#over('reconnect_failed', toClientError(error));
    }
  }

  #relogin(connection: Connection): Promise<Answer<'relogin'>> {
    const { log, held } = this.#options;
    const { cursor } = log;
    this.#listen(connection);
    log.hold();
    const ticket = this.#tickets.text ?? '';
    const request = { ticket, userAgent, held: held(), ...(cursor !== undefined && { cursor }) };
    const asked = connection.ask('relogin', request, reloginMs);
    asked.catch((error: unknown) => {
      const { code } = toClientError(error);
      if (code === 'timeout' || code === 'disconnected') this.#abandonedAt = performance.now();
    });
    return asked;
  }

  #settle(connection: Connection, answer: Answer<'relogin'>): void {
    const { log, logger } = this.#options;
    this.#connection?.close();
    this.#connection = connection;
    logger.info('back', { origin: connection.endpoint.origin, resume: answer.resume });
    this.#portals.set(answer.portals, connection.endpoint);
    this.#tickets.set(answer.ticket);
    this.emit('back', answer);
    // Whoever hears that may have ended it.
    if (this.#closed) return;
    this.#requests.resume(connection);
    if (answer.resume === 'fresh') log.open(answer.cursor);
    else log.release(answer.resume);
    // At once: it proves that we have the new ticket, and an older attempt that arrives late is refused.
    connection.say('ack', log.cursor ?? answer.cursor);
    if (!connection.connected) this.#lose();
  }

  /** This portal is about to end: first there is another connection, then this one goes. */
  async #moveAway(): Promise<void> {
    if (this.#move !== undefined || this.#outage !== undefined) return;
    if (this.#tickets.text === undefined || !this.#portals.several) return;
    const move = new Move({
      dialer: this.#portals.dialer('others'),
      relogin: (connection) => this.#relogin(connection),
      logger: this.#options.logger,
      onHanding: () => {
        this.#requests.pause();
      },
      onRefused: () => {
        this.#stay();
      },
    });
    this.#move = move;
    const found = await move.run();
    this.#move = undefined;
    if (found !== undefined) this.#settle(found.connection, found.answer);
  }

  /** The other portal did not take us: we go on as before, if we still can. */
  #stay(): void {
    if (this.#closed) return;
    const connection = this.#connection;
    if (connection?.connected !== true) {
      this.#lose();
      return;
    }
    this.#requests.resume(connection);
    this.#options.log.release('replay');
    void this.prove();
  }

  #expired(): void {
    if (this.#outage === undefined) return;
    const error = new PorticoClientError('ticket_expired', 'The time to come back has run out.');
    this.#over('reconnect_failed', error);
  }

  #over(reason: 'disconnected' | 'reconnect_failed', error: PorticoClientError): void {
    // Nothing is left to wait for; whoever hears that it is over closes the rest.
    this.#requests.close(reason === 'disconnected' ? error : new PorticoClientError('ended', error.message));
    this.emit('over', reason === 'disconnected' ? { reason } : { reason, error });
    this.close();
  }
}
