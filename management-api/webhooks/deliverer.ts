import { backoff } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { ServiceLookup } from '../bus/service-lookup.ts';
import type { Delivery, Store, Webhook } from '../store/store.ts';
import { post, type AttemptResult, type DeathReason } from './attempt.ts';
import type { WebhookMetrics } from './metrics.ts';
import { signWebhook } from './signature.ts';

/** Posts on their way at a time. */
const concurrency = 32;
/** To one webhook: a receiver that hangs must not hold up the others. */
const perWebhook = 8;
/** Longest time between two looks at what other processes left, ms. */
const idleMs = 5_000;
/** Shortest one, ms. */
const restlessMs = 50;
/** How much longer than an attempt a lease lasts, ms: a process that died holds up its deliveries so long. */
const settleMs = 2_000;

export interface DeliverySettings {
  /** Of an attempt. */
  timeoutMs: number;
  /** Before an event is given up. */
  attempts: number;
  /** Pause after the first failure; doubles with each. */
  backoffMs: number;
  backoffMaxMs: number;
}

export interface DelivererParts {
  store: Pick<Store, 'deliveries' | 'webhooks' | 'audit'>;
  services: ServiceLookup;
  settings: DeliverySettings;
  metrics: WebhookMetrics;
  log: Logger;
}

/**
 * Posts what waits in the store. Any number of processes work on one store: what one of them leases no other one posts
 * meanwhile, and what a process that died had leased is free again soon. So each event arrives at least once, and those
 * of a room in order.
 */
export class Deliverer {
  readonly #parts: DelivererParts;
  readonly #running = new Map<Promise<void>, string>();
  readonly #closed = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pump: Promise<void> | undefined;
  #again = false;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
    this.wake();
  }

  /** Something waits: looks at once. */
  wake(): void {
    if (this.#closed.signal.aborted) return;
    this.#again = true;
    this.#pump ??= this.#work().finally(() => {
      this.#pump = undefined;
      // Woken between the last look and here.
      if (this.#again) this.wake();
    });
  }

  /** Takes nothing more; resolves when the posts on their way have ended. */
  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#pump;
    await Promise.all(this.#running.keys());
  }

  /** Leases and starts until nothing is left to start, then sets the timer. Never rejects. */
  async #work(): Promise<void> {
    clearTimeout(this.#timer);
    let delayMs = idleMs;
    try {
      while (this.#again && !this.#closed.signal.aborted) {
        this.#again = false;
        await this.#fill();
      }
      delayMs = await this.#untilDue();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the store does not tell which webhooks are due');
    }
    if (this.#closed.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.wake();
    }, delayMs);
  }

  async #fill(): Promise<void> {
    const { store, settings } = this.#parts;
    while (!this.#closed.signal.aborted) {
      const limit = Math.min(concurrency - this.#running.size, perWebhook);
      if (limit <= 0) return;
      const now = Date.now();
      const until = now + settings.timeoutMs + settleMs;
      const leased = await store.deliveries.lease({ now, until, limit, except: this.#busy() });
      for (const delivery of leased) this.#start(delivery);
      if (leased.length < limit) return;
    }
  }

  /** Webhooks that have enough on their way. */
  #busy(): string[] {
    const counts = new Map<string, number>();
    for (const webhook of this.#running.values()) counts.set(webhook, (counts.get(webhook) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= perWebhook).map(([webhook]) => webhook);
  }

  async #untilDue(): Promise<number> {
    // What is due then may belong to a webhook that is busy: the end of a post wakes.
    if (this.#busy().length > 0) return idleMs;
    const due = (await this.#parts.store.deliveries.nextDue()) ?? Infinity;
    return Math.max(restlessMs, Math.min(idleMs, due - Date.now()));
  }

  #start(delivery: Delivery): void {
    const run: Promise<void> = this.#deliver(delivery)
      .catch((error: unknown) => {
        // Its lease ends by itself, and it is posted again.
        this.#parts.log.warn({ err: error, delivery: delivery.id }, 'delivery of a webhook not settled');
      })
      .finally(() => {
        this.#running.delete(run);
        this.wake();
      });
    this.#running.set(run, delivery.webhook);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { store, services, settings } = this.#parts;
    const webhook = await store.webhooks.get(delivery.webhook, delivery.service);
    // Deleted this moment, and its deliveries with it.
    if (webhook === undefined) return;
    if (!webhook.enabled) {
      // Switched off this moment: it waits until it is switched on again.
      await store.deliveries.failed(delivery.id, 'the webhook is switched off', Date.now());
      return;
    }
    const service = await services.find(delivery.service);
    if (service === undefined) {
      await this.#giveUp(delivery, 'service_gone', `service '${delivery.service}' is gone`);
      return;
    }
    const { body } = delivery;
    const id = `${delivery.id}-${delivery.attempts + 1}`;
    const authorization = signWebhook({ service, body, id, now: Date.now() });
    const result = await post({ url: webhook.url, body, authorization, timeoutMs: settings.timeoutMs });
    await this.#settle(delivery, webhook, result);
  }

  async #settle(delivery: Delivery, webhook: Webhook, result: AttemptResult): Promise<void> {
    const { store, settings, metrics, log } = this.#parts;
    if (result.ok) {
      const now = Date.now();
      await store.deliveries.delivered(delivery.id, now);
      metrics.delivered(Math.max(0, now - delivery.createdAt) / 1000);
      return;
    }
    const attempts = delivery.attempts + 1;
    const { reason, error } = result;
    metrics.failed(reason);
    log.info({ webhook: webhook.id, delivery: delivery.id, attempts, reason, error }, 'webhook failed');
    if (reason === 'gone') {
      await this.#switchOff(webhook);
      await store.deliveries.failed(delivery.id, error, Date.now());
    } else if (attempts >= settings.attempts) {
      await this.#giveUp(delivery, 'attempts', error);
    } else {
      await store.deliveries.failed(delivery.id, error, Date.now() + pauseMs(attempts, settings, result));
    }
  }

  /** The receiver said that it is gone (410). What waits is kept: somebody may switch the webhook on again. */
  async #switchOff({ id, service }: Webhook): Promise<void> {
    const { store } = this.#parts;
    await store.webhooks.update(id, service, { enabled: false });
    await store.audit.add({ at: Date.now(), service, action: 'webhook.gone', target: id });
  }

  async #giveUp(delivery: Delivery, reason: DeathReason, error: string): Promise<void> {
    const { store, metrics, log } = this.#parts;
    await store.deliveries.failed(delivery.id, error);
    metrics.dead(reason);
    log.warn({ webhook: delivery.webhook, delivery: delivery.id, reason, error }, 'webhook given up');
  }
}

/** ms until the next attempt: doubles with each, half of it by chance, and not before the receiver wants it. */
function pauseMs(
  attempts: number,
  { backoffMs, backoffMaxMs }: DeliverySettings,
  { retryAfterMs = 0 }: { retryAfterMs?: number },
): number {
  const half = { baseMs: backoffMs / 2, maxMs: backoffMaxMs / 2 };
  const least = Math.min(half.maxMs, half.baseMs * 2 ** (attempts - 1));
  return Math.max(least + backoff(attempts - 1, half), Math.min(retryAfterMs, backoffMaxMs));
}
