import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import { linkNext, pageOf } from '../http/paging.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, IdParams } from '../schemas/common.ts';
import {
  DeliveryList,
  DeliveryListQuery,
  DeliveryParams,
  Webhook,
  WebhookChange,
  WebhookCreation,
  WebhookList,
  WebhookTestResult,
  type Delivery,
} from '../schemas/webhooks.ts';
import type { Delivery as DeliveryRow, Webhook as WebhookRow } from '../store/store.ts';
import { post } from '../webhooks/attempt.ts';
import { testBody } from '../webhooks/event-body.ts';
import { signWebhook } from '../webhooks/signature.ts';

const tag = 'Webhooks';

const shown = ({ id, url, events, enabled, createdAt }: WebhookRow): Webhook => ({
  id,
  url,
  events: [...events],
  enabled,
  createdAt,
});

function shownDelivery(row: DeliveryRow): Delivery {
  const { id, webhook, room, type, state, attempts, createdAt, nextAt, deliveredAt, lastError } = row;
  return {
    id,
    webhook,
    room,
    type,
    event: JSON.parse(row.body) as Delivery['event'],
    state,
    attempts,
    createdAt,
    ...(state === 'waiting' ? { nextAt } : {}),
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

const notFound = (id: string) => new PorticoError('not_found', `webhook '${id}' not found`);

/** Where events of the rooms of a service are posted, and what became of them. */
export const webhookRoutes: Routes = async (api, { parts }) => {
  addCreation(api, parts);
  addReading(api, parts);
  addChange(api, parts);
  addDeletion(api, parts);
  addTest(api, parts);
  addDeliveryList(api, parts);
  addRetry(api, parts);
};

function addCreation(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Makes a webhook.', ok: Webhook, errors: ['idempotency_conflict'] }),
    body: WebhookCreation,
  };
  api.post('/webhooks', { config: { idempotent: true }, schema }, async (request) => {
    const service = callerOf(request).service.id;
    const id = randomBytes(12).toString('hex');
    const made = await parts.store.webhooks.create({ id, service, ...request.body });
    await record(parts, request, { action: 'webhook.create', target: id, detail: request.body });
    return shown(made);
  });
}

function addReading(api: Api, parts: ApiParts): void {
  const list = operation({ tag, summary: 'Lists the webhooks of the service.', ok: WebhookList });
  api.get('/webhooks', { schema: list }, async (request) =>
    (await parts.store.webhooks.list(callerOf(request).service.id)).map(shown),
  );
  const one = {
    ...operation({ tag, summary: 'Shows a webhook.', ok: Webhook, errors: ['not_found'] }),
    params: IdParams,
  };
  api.get('/webhooks/:id', { schema: one }, async (request) =>
    shown(await webhookOf(parts, request, request.params.id)),
  );
}

function addChange(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Changes a webhook.', ok: Webhook, errors: ['not_found'] }),
    params: IdParams,
    body: WebhookChange,
  };
  api.patch('/webhooks/:id', { schema }, async (request) => {
    const { id } = request.params;
    const { url, events, enabled } = request.body;
    const change = {
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events }),
      ...(enabled === undefined ? {} : { enabled }),
    };
    const changed = await parts.store.webhooks.update(id, callerOf(request).service.id, change);
    if (changed === undefined) throw notFound(id);
    if (changed.enabled) parts.wakeWebhooks();
    await record(parts, request, { action: 'webhook.update', target: id, detail: change });
    return shown(changed);
  });
}

function addDeletion(api: Api, parts: ApiParts): void {
  const summary = 'Deletes a webhook, with what waits for it.';
  const schema = { ...operation({ tag, summary, ok: Empty, errors: ['not_found'] }), params: IdParams };
  api.delete('/webhooks/:id', { schema }, async (request) => {
    const { id } = request.params;
    if (!(await parts.store.webhooks.delete(id, callerOf(request).service.id))) throw notFound(id);
    await record(parts, request, { action: 'webhook.delete', target: id });
    return '' as const;
  });
}

function addTest(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Posts a test event now, and tells what came of it.',
      description: 'It is posted once, also where the webhook is switched off.',
      ok: WebhookTestResult,
      errors: ['not_found'],
    }),
    params: IdParams,
  };
  api.post('/webhooks/:id/test', { schema }, async (request) => {
    const { url } = await webhookOf(parts, request, request.params.id);
    return await postTest(url, callerOf(request).service, parts.config.management.webhook_timeout_ms);
  });
}

async function postTest(
  url: string,
  service: { id: string; key: string },
  timeoutMs: number,
): Promise<WebhookTestResult> {
  const now = Date.now();
  const id = randomBytes(12).toString('hex');
  const body = testBody({ at: now, id, service: service.id });
  const authorization = signWebhook({ service, body, id: `${id}-1`, now });
  const began = performance.now();
  const result = await post({ url, body, authorization, timeoutMs });
  return {
    delivered: result.ok,
    ...(result.status === undefined ? {} : { status: result.status }),
    ...(result.ok ? {} : { error: result.error }),
    durationMs: Math.round(performance.now() - began),
  };
}

function addDeliveryList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Lists events on their way to webhooks, newest first.', ok: DeliveryList }),
    querystring: DeliveryListQuery,
  };
  api.get('/webhooks/deliveries', { schema }, async (request, reply) => {
    const { state, webhook } = request.query;
    const filter = {
      service: callerOf(request).service.id,
      ...(state === undefined ? {} : { state }),
      ...(webhook === undefined ? {} : { webhook }),
    };
    const page = await parts.store.deliveries.list(filter, pageOf(request.query));
    return linkNext(request, reply, page).map(shownDelivery);
  });
}

function addRetry(api: Api, parts: ApiParts): void {
  const summary = 'Has a dead delivery tried again, after those that wait.';
  const schema = { ...operation({ tag, summary, ok: Empty, errors: ['not_found'] }), params: DeliveryParams };
  api.post('/webhooks/deliveries/:id/retry', { schema }, async (request) => {
    const { id } = request.params;
    if (!(await parts.store.deliveries.retry(id, callerOf(request).service.id, Date.now()))) {
      throw new PorticoError('not_found', `there is no dead delivery ${id}`);
    }
    parts.wakeWebhooks();
    await record(parts, request, { action: 'webhook.retry', target: String(id) });
    return '' as const;
  });
}

async function webhookOf(parts: ApiParts, request: FastifyRequest, id: string): Promise<WebhookRow> {
  const found = await parts.store.webhooks.get(id, callerOf(request).service.id);
  if (found === undefined) throw notFound(id);
  return found;
}
