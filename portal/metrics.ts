import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NotificationName } from '../common/contract/client.ts';
import type { ErrorCode } from '../common/contract/errors.ts';
import type { SocketCloseReason } from '../common/contract/reasons.ts';

/** What a portal keeps for clients that have not acknowledged it, or are away. */
export interface Kept {
  /** Notifications. */
  entries: number;
  bytes: number;
  /** Participants without connection. */
  away: number;
}

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
  readonly #relogins: Counter<'result'>;
  readonly #replayed: Counter;

  /** @param kept counts what is kept at the moment */
  constructor(registry: Registry, kept: () => Kept = () => ({ entries: 0, bytes: 0, away: 0 })) {
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
    this.#relogins = new Counter({
      name: 'portico_relogins_total',
      help: 'Clients that came back with a ticket, by result: ok or the error code.',
      labelNames: ['result'],
      registers,
    });
    this.#replayed = new Counter({
      name: 'portico_notifications_replayed_total',
      help: 'Notifications sent to clients that came back, which they had missed or may have missed.',
      registers,
    });
    keptGauges(registry, kept);
  }

  session(state: 'connected' | 'joined', change: 1 | -1): void {
    this.#sessions.inc({ state }, change);
  }

  request(method: string, outcome: Outcome, seconds: number): void {
    if (method === 'login') this.#logins.inc({ result: outcome });
    if (method === 'relogin') this.#relogins.inc({ result: outcome });
    this.#requests.inc({ method, result: outcome });
    this.#seconds.observe({ method }, seconds);
  }

  notified(event: NotificationName, receivers: number): void {
    this.#notifications.inc({ event }, receivers);
  }

  replayed(count: number): void {
    this.#replayed.inc(count);
  }

  closed(reason: SocketCloseReason): void {
    this.#closed.inc({ reason });
  }

  roomOpened(): void {
    this.#takeovers.inc();
  }
}

/** Counted when somebody asks. */
function keptGauges(registry: Registry, kept: () => Kept): void {
  const gauges: [name: string, help: string, key: keyof Kept][] = [
    [
      'portico_outbox_entries',
      'Notifications kept until all clients here have acknowledged them.',
      'entries',
    ],
    ['portico_outbox_bytes', 'The same in bytes of JSON text.', 'bytes'],
    [
      'portico_participants_away',
      'Participants whose connection broke and whose place is kept here.',
      'away',
    ],
  ];
  for (const [name, help, key] of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(kept()[key]);
      },
    });
  }
}
