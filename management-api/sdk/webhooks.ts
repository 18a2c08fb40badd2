import type {
  Delivery,
  Webhook,
  WebhookChange,
  WebhookCreation,
  WebhookTestResult,
} from '../schemas/webhooks.ts';
import { entries } from './pages.ts';
import type { Transport } from './transport.ts';

export interface DeliveryListFilter {
  state?: Delivery['state'];
  webhook?: string;
}

/** Where events of the service's rooms are posted. */
export class AdminWebhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(webhook: WebhookCreation): Promise<Webhook> {
    const request = { method: 'POST', path: ['v1.1', 'webhooks'], body: webhook, repeat: 'keyed' } as const;
    return (await this.#transport.json<Webhook>(request)).data;
  }

  async list(): Promise<Webhook[]> {
    return (await this.#transport.json<Webhook[]>({ method: 'GET', path: ['v1.1', 'webhooks'] })).data;
  }

  /** @throws PorticoAdminError `not_found` */
  async get(id: string): Promise<Webhook> {
    return (await this.#transport.json<Webhook>({ method: 'GET', path: ['v1.1', 'webhooks', id] })).data;
  }

  async update(id: string, change: WebhookChange): Promise<Webhook> {
    const request = { method: 'PATCH', path: ['v1.1', 'webhooks', id], body: change } as const;
    return (await this.#transport.json<Webhook>(request)).data;
  }

  async delete(id: string): Promise<void> {
    await this.#transport.done({ method: 'DELETE', path: ['v1.1', 'webhooks', id] });
  }

  /** Posts a test event now, and tells what came of it. */
  async test(id: string): Promise<WebhookTestResult> {
    const path = ['v1.1', 'webhooks', id, 'test'];
    return (await this.#transport.json<WebhookTestResult>({ method: 'POST', path, repeat: 'no' })).data;
  }

  /** Newest first. */
  deliveries(filter: DeliveryListFilter = {}): AsyncGenerator<Delivery, void, undefined> {
    const path = ['v1.1', 'webhooks', 'deliveries'];
    return entries<Delivery>(this.#transport, { path, query: { ...filter } });
  }

  /** Has a dead delivery tried again. */
  async retry(delivery: number): Promise<void> {
    const path = ['v1.1', 'webhooks', 'deliveries', String(delivery), 'retry'];
    await this.#transport.done({ method: 'POST', path, repeat: 'no' });
  }
}
