import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

function gauge<L extends string>(registry: Registry, name: string, help: string, labels: L[]): Gauge<L> {
  const known = registry.getSingleMetric(name);
  // A process may run several services on one registry: they count together.
  return known instanceof Gauge
    ? known
    : new Gauge({ name, help, labelNames: labels, registers: [registry] });
}

function counter<L extends string>(registry: Registry, name: string, help: string, labels: L[]): Counter<L> {
  const known = registry.getSingleMetric(name);
  return known instanceof Counter
    ? known
    : new Counter({ name, help, labelNames: labels, registers: [registry] });
}

/** What the media plane counts. */
export class MediaMetrics {
  readonly workers: Gauge;
  readonly workerDeaths: Counter<'reason'>;
  readonly workerCpu: Counter;
  readonly routers: Gauge;
  readonly transports: Gauge<'direction'>;
  readonly producers: Gauge<'kind'>;
  readonly consumers: Gauge<'kind'>;
  readonly pipes: Gauge<'scope'>;
  readonly sessionsEnded: Counter<'reason'>;

  constructor(registry: Registry) {
    this.workers = gauge(registry, 'portico_workers', 'mediasoup workers that run', []);
    this.workerDeaths = counter(registry, 'portico_worker_deaths_total', 'mediasoup workers lost', [
      'reason',
    ]);
    this.workerCpu = counter(
      registry,
      'portico_worker_cpu_seconds_total',
      'processor time of all mediasoup workers, seconds',
      [],
    );
    this.routers = gauge(registry, 'portico_routers', 'rooms on workers', []);
    this.transports = gauge(registry, 'portico_transports', 'WebRTC transports of clients', ['direction']);
    this.producers = gauge(registry, 'portico_producers', 'tracks that clients send', ['kind']);
    this.consumers = gauge(registry, 'portico_consumers', 'tracks that clients receive', ['kind']);
    this.pipes = gauge(registry, 'portico_pipes', 'tracks that cross from another router', ['scope']);
    this.sessionsEnded = counter(
      registry,
      'portico_sessions_ended_total',
      'publications and subscriptions that ended without being asked to',
      ['reason'],
    );
  }
}
