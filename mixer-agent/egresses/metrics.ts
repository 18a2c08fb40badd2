import { Counter, Gauge, type Registry } from 'prom-client';
import type { EgressSpec, EgressState } from '../../common/contract/egress.ts';

/** Numbers of all recordings and live streams out of an agent. */
export class EgressMetrics {
  readonly running: Gauge<'type'>;
  readonly restarts: Counter;
  readonly refused: Counter;
  readonly bytes: Counter<'type'>;
  readonly dropped: Counter<'type'>;
  readonly reconnects: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.running = new Gauge({
      name: 'portico_egresses_carried',
      help: 'recordings and live streams out that run',
      labelNames: ['type'],
      registers,
    });
    this.restarts = new Counter({
      name: 'portico_egress_process_restarts_total',
      help: 'processes that took the place of one that died while it recorded or sent',
      registers,
    });
    this.refused = new Counter({
      name: 'portico_egress_refusals_total',
      help: 'recordings and live streams that were not taken for want of space or room',
      registers,
    });
    this.bytes = new Counter({
      name: 'portico_egress_bytes_total',
      help: 'bytes of media that were written or sent',
      labelNames: ['type'],
      registers,
    });
    this.dropped = new Counter({
      name: 'portico_egress_dropped_frames_total',
      help: 'pictures that were left out because the far end or the disk was too slow',
      labelNames: ['type'],
      registers,
    });
    this.reconnects = new Counter({
      name: 'portico_egress_reconnects_total',
      help: 'connections of live streams out that were made anew',
      registers,
    });
  }

  /** Counts how much further one has got. Counts of another process begin at 0. */
  measured(type: EgressSpec['target']['type'], now: EgressState, before: EgressState): void {
    const more = (name: 'bytes' | 'dropped' | 'reconnects') =>
      now[name] >= before[name] ? now[name] - before[name] : now[name];
    this.bytes.inc({ type }, more('bytes'));
    this.dropped.inc({ type }, more('dropped'));
    this.reconnects.inc(more('reconnects'));
  }
}
