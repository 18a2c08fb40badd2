import { Counter, Gauge, type Registry } from 'prom-client';

/** Numbers of all streams that an agent fetches. */
export class IngressMetrics {
  readonly running: Gauge;
  readonly restarts: Counter;
  readonly reconnects: Counter;
  readonly ended: Counter<'status'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.running = new Gauge({
      name: 'portico_ingresses_fetched',
      help: 'streams that are fetched',
      registers,
    });
    this.restarts = new Counter({
      name: 'portico_ingress_process_restarts_total',
      help: 'processes that took the place of one that died while it fetched a stream',
      registers,
    });
    this.reconnects = new Counter({
      name: 'portico_ingress_reconnects_total',
      help: 'connections to sources that were made anew',
      registers,
    });
    this.ended = new Counter({
      name: 'portico_ingress_ends_total',
      help: 'fetched streams that ended or were given up',
      labelNames: ['status'],
      registers,
    });
  }
}
