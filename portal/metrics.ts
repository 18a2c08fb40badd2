import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NotificationName } from '../common/contract/client.ts';
import type { ErrorCode } from '../common/contract/errors.ts';
import type { SocketCloseReason } from '../common/contract/reasons.ts';

/** `ok` or the code of the error. */
export type Outcome = 'ok' | ErrorCode;

/** Numbers of a portal. Every label comes from a closed set. */
export class PortalMetrics {
  readonly #sessions: Gauge<'state'>;
  readonly #logins: Counter<'result'>;
  readonly #requests: Counter<'method' | 'result'>;
  readonly #seconds: Histogram<'method'>;
  readonly #notifications: Counter<'event'>;
  readonly #closed: Counter<'reason'>;
  readonly #takeovers: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#sessions = new Gauge({
      name: 'portico_sessions',
      help: 'Signalling connections, by whether they have joined a room.',
      labelNames: ['state'],
      registers,
    });
    this.#logins = new Counter({
      name: 'portico_logins_total',
      help: 'Logins, by result: ok or the error code.',
      labelNames: ['result'],
      registers,
    });
    this.#requests = new Counter({
      name: 'portico_requests_total',
      help: 'Requests of clients, by method and result.',
      labelNames: ['method', 'result'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'portico_request_seconds',
      help: 'Time from a request of a client to its answer.',
      labelNames: ['method'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#notifications = new Counter({
      name: 'portico_notifications_total',
      help: 'Notifications sent to clients, one for each receiver.',
      labelNames: ['event'],
      registers,
    });
    this.#closed = new Counter({
      name: 'portico_sessions_closed_total',
      help: 'Signalling connections closed by the portal, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#takeovers = new Counter({
      name: 'portico_room_openings_total',
      help: 'Times this portal asked a conference agent to open a room nobody served.',
      registers,
    });
  }

  session(state: 'connected' | 'joined', change: 1 | -1): void {
    this.#sessions.inc({ state }, change);
  }

  request(method: string, outcome: Outcome, seconds: number): void {
    if (method === 'login') this.#logins.inc({ result: outcome });
    this.#requests.inc({ method, result: outcome });
    this.#seconds.observe({ method }, seconds);
  }

  notified(event: NotificationName, receivers: number): void {
    this.#notifications.inc({ event }, receivers);
  }

  closed(reason: SocketCloseReason): void {
    this.#closed.inc({ reason });
  }

  roomOpened(): void {
    this.#takeovers.inc();
  }
}
