import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DeathReason, FailureReason } from './attempt.ts';

/** Numbers of webhooks. Every label comes from a closed set. */
export class WebhookMetrics {
  readonly #delivered: Counter;
  readonly #failed: Counter<'reason'>;
  readonly #dead: Counter<'reason'>;
  readonly #delay: Histogram;

  /** @param waiting counts deliveries that wait, in the whole deployment */
  constructor(registry: Registry, waiting: () => Promise<number>) {
    const registers = [registry];
    this.#delivered = new Counter({
      name: 'portico_webhook_deliveries_total',
      help: 'Events that a webhook took (2xx).',
      registers,
    });
    this.#failed = new Counter({
      name: 'portico_webhook_failed_attempts_total',
      help: 'Attempts that failed, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#dead = new Counter({
      name: 'portico_webhook_dead_total',
      help: 'Events given up for a webhook, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#delay = new Histogram({
      name: 'portico_webhook_delay_seconds',
      help: 'Time from the report of an event until a webhook took it.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600],
      registers,
    });
    new Gauge({
      name: 'portico_webhook_waiting_deliveries',
      help: 'Events that wait for a webhook to take them, in the whole deployment.',
      registers,
      async collect() {
        this.set(await waiting().catch(() => Number.NaN));
      },
    });
  }

  delivered(seconds: number): void {
    this.#delivered.inc();
    this.#delay.observe(seconds);
  }

  failed(reason: FailureReason): void {
    this.#failed.inc({ reason });
  }

  dead(reason: DeathReason): void {
    this.#dead.inc({ reason });
  }
}
