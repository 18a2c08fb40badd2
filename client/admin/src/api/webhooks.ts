import type {
  Delivery,
  Webhook,
  WebhookChange,
  WebhookCreation,
  WebhookTestResult,
} from '../../../../management-api/schemas/webhooks.ts';
import type { Http, Query } from './http.ts';
import type { Part } from './management.ts';

const pathTo = (id: string): string => `v1/webhooks/${encodeURIComponent(id)}`;

/** Webhooks of the management API. Everything throws Failure. */
export class Webhooks {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  async list(signal?: AbortSignal): Promise<Webhook[]> {
    return (await this.#http.request<Webhook[]>('GET', 'v1/webhooks', { signal })).body;
  }

  async create(creation: WebhookCreation): Promise<Webhook> {
    return (await this.#http.request<Webhook>('POST', 'v1/webhooks', { body: creation })).body;
  }

  async change(id: string, change: WebhookChange): Promise<void> {
    await this.#http.request('PATCH', pathTo(id), { body: change });
  }

  async delete(id: string): Promise<void> {
    await this.#http.request('DELETE', pathTo(id));
  }

  async test(id: string): Promise<WebhookTestResult> {
    return (await this.#http.request<WebhookTestResult>('POST', `${pathTo(id)}/test`)).body;
  }

  async deliveries(query: Query, signal?: AbortSignal): Promise<Part<Delivery>> {
    const { body, next } = await this.#http.request<Delivery[]>('GET', 'v1/webhooks/deliveries', {
      query,
      signal,
    });
    return next === undefined ? { items: body } : { items: body, next };
  }

  async retry(id: number): Promise<void> {
    await this.#http.request('POST', `v1/webhooks/deliveries/${id}/retry`);
  }
}
