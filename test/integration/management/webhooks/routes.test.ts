import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { silentLogger } from '../../../../common/observe/log.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { Delivery, Webhook, WebhookTestResult } from '../../../../management-api/schemas/webhooks.ts';
import { Deliverer } from '../../../../management-api/webhooks/deliverer.ts';
import { EventIntake } from '../../../../management-api/webhooks/intake.ts';
import { WebhookMetrics } from '../../../../management-api/webhooks/metrics.ts';
import { verifyWebhook } from '../../../../management-api/webhooks/signature.ts';
import { MemberId, RoomId } from '../../../../common/contract/ids.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { otherService, Stage, superService, type ServiceKey } from '../rest/stage.ts';
import { ended, settings, started } from './support/desk.ts';
import { answer, hang, Receiver, type Received } from './support/receiver.ts';

describe('management REST: webhooks', () => {
  let stage: Stage;
  let receiver: Receiver;

  beforeEach(async () => {
    stage = await Stage.start({ management: { webhook_timeout_ms: 200 } });
    await stage.addOther();
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await receiver.close();
    await stage.stop();
  });

  const create = async (body: object, as: ServiceKey = otherService) =>
    await stage.request<Webhook & Problem>('POST', '/v1/webhooks', { body, as });

  it('makes, lists, changes and deletes webhooks, and notes who did', async () => {
    const { status, body: made } = await create({ url: receiver.url, events: ['room_ended'] });
    assert.equal(status, 200);
    assert.deepEqual(
      { ...made, id: '', createdAt: 0 },
      { id: '', url: receiver.url, events: ['room_ended'], enabled: true, createdAt: 0 },
    );
    const as = otherService;
    const path = `/v1/webhooks/${made.id}`;
    assert.deepEqual((await stage.request('GET', path, { as })).body, made);
    assert.deepEqual((await stage.request('GET', '/v1.1/webhooks', { as })).body, [made]);
    const changed = await stage.request('PATCH', path, { as, body: { enabled: false, events: [] } });
    assert.deepEqual(changed.body, { ...made, enabled: false, events: [] });
    assert.equal((await stage.request('DELETE', path, { as })).status, 200);
    assert.deepEqual((await stage.request('GET', '/v1/webhooks', { as })).body, []);
    const gone = await stage.request<Problem>('GET', path, { as });
    assert.deepEqual([gone.status, gone.body.code], [404, 'not_found']);
    const noted = await stage.request<{ action: string; target: string }[]>('GET', '/v1/audit', { as });
    assert.deepEqual(
      noted.body.map(({ action, target }) => [action, target]),
      ['webhook.delete', 'webhook.update', 'webhook.create'].map((action) => [action, made.id]),
    );
  });

  it('refuses URLs that nothing could or should be posted to, and says why', async () => {
    const cases: [url: unknown, sentence: RegExp][] = [
      ['ftp://example.com/', /must begin with http:\/\/ or https:\/\//],
      ['file:///etc/passwd', /must begin with http/],
      ['/hook', /must be an absolute http or https URL/],
      ['https://user:secret@example.com/', /must not carry user or password/],
      ['https://', /must be an absolute/],
      [`https://example.com/${'x'.repeat(2_000)}`, /2000/],
      [7, /string/],
    ];
    for (const [url, sentence] of cases) {
      const { status, body } = await create({ url });
      assert.deepEqual([status, body.code, body.field], [400, 'bad_request', 'url'], String(url));
      assert.match(body.detail, sentence);
    }
    const { body: made } = await create({ url: receiver.url });
    const change = await stage.request<Problem>('PATCH', `/v1/webhooks/${made.id}`, {
      as: otherService,
      body: { url: 'gopher://example.com' },
    });
    assert.deepEqual([change.status, change.body.field], [400, 'url']);
    const event = await create({ url: receiver.url, events: ['unheard_of'] });
    assert.deepEqual([event.status, event.body.field], [400, 'events[0]']);
    const unknown = await create({ url: receiver.url, secret: 'x' });
    assert.deepEqual([unknown.status, unknown.body.field], [400, 'secret']);
  });

  it('shows no service the webhooks of another one', async () => {
    const { body: made } = await create({ url: receiver.url });
    const as = superService;
    assert.deepEqual((await stage.request('GET', '/v1/webhooks', { as })).body, []);
    const path = `/v1/webhooks/${made.id}`;
    for (const [method, target, body] of [
      ['GET', path],
      ['PATCH', path, { enabled: false }],
      ['DELETE', path],
      ['POST', `${path}/test`],
    ] as const) {
      const { status } = await stage.request(method, target, { as, ...(body === undefined ? {} : { body }) });
      assert.equal(status, 404, `${method} ${target}`);
    }
    assert.equal(receiver.posts.length, 0);
  });

  it('makes one webhook however often a request with the same Idempotency-Key is sent', async () => {
    const options = { body: { url: receiver.url }, headers: { 'idempotency-key': 'once' } };
    const first = await stage.request<Webhook>('POST', '/v1/webhooks', options);
    const second = await stage.request<Webhook>('POST', '/v1/webhooks', options);
    assert.deepEqual(second.body, first.body);
    assert.equal((await stage.request<Webhook[]>('GET', '/v1/webhooks')).body.length, 1);
  });

  it('posts a signed test event, and tells what came of it', async () => {
    const { body: made } = await create({ url: receiver.url, enabled: false });
    const test = async () => {
      const options = { as: otherService };
      const { body } = await stage.request<WebhookTestResult>(
        'POST',
        `/v1/webhooks/${made.id}/test`,
        options,
      );
      assert.ok(body.durationMs >= 0);
      return { ...body, durationMs: 0 };
    };
    assert.deepEqual(await test(), { delivered: true, status: 204, durationMs: 0 });
    const [post] = receiver.posts as [Received];
    const event = verifyWebhook({ ...post, key: otherService.key });
    assert.deepEqual([event.type, event.service], ['test', otherService.id]);

    receiver.behave = answer(500);
    assert.deepEqual(await test(), { delivered: false, status: 500, error: 'answered 500', durationMs: 0 });
    receiver.behave = hang;
    assert.deepEqual(await test(), { delivered: false, error: 'no answer within 200 ms', durationMs: 0 });
    await stage.request('PATCH', `/v1/webhooks/${made.id}`, {
      as: otherService,
      body: { url: `http://127.0.0.1:${await freePort()}/` },
    });
    assert.match((await test()).error ?? '', /^no connection: .*ECONNREFUSED/);
  });

  it('shows deliveries and their state, page by page, and has dead ones tried again', async () => {
    const deliverer = new Deliverer({
      store: stage.parts.store,
      services: stage.parts.directory,
      settings: { ...settings, attempts: 1 },
      metrics: new WebhookMetrics(new Registry(), () => stage.parts.store.deliveries.waiting()),
      log: silentLogger,
    });
    const wake = () => {
      deliverer.wake();
    };
    Object.assign(stage.parts, { wakeWebhooks: wake });
    try {
      const as = otherService;
      const { body: made } = await create({ url: receiver.url });
      await stage.request('POST', '/v1/rooms', { as, body: { name: 'board', id: 'board' } });
      const behave = receiver.behave;
      receiver.behave = (post, response) => {
        if (post.type === 'room_started') response.writeHead(500).end();
        else behave(post, response);
      };
      const intake = new EventIntake({ store: stage.parts.store, superService: undefined, onNews: wake });
      await intake.take({
        room: RoomId.parse('board'),
        owner: { epoch: 1, id: MemberId.parse('conference-1') },
        events: [started, ended].map((event, index) => ({ seq: index + 1, at: 1_000, event })),
      });
      const list = async (query: string) =>
        await stage.request<Delivery[]>('GET', `/v1/webhooks/deliveries?${query}`, { as });
      const [dead] = await until(async () => {
        const { body } = await list('state=delivered');
        return body.length === 1 && (await list('state=dead')).body;
      });
      assert.ok(dead);
      assert.deepEqual(
        [dead.webhook, dead.room, dead.type, dead.attempts, dead.lastError, dead.event.id],
        [made.id, 'board', 'room_started', 1, 'answered 500', receiver.posts[0]?.id],
      );
      const first = await list('limit=1');
      assert.equal(first.body[0]?.type, 'room_ended');
      const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      const second = await stage.request<Delivery[]>('GET', next, { as });
      assert.deepEqual(
        second.body.map(({ id }) => id),
        [dead.id],
      );
      assert.equal((await list('webhook=another')).body.length, 0);
      assert.equal((await list('state=lost')).status, 400);

      receiver.behave = behave;
      const path = `/v1/webhooks/deliveries/${dead.id}/retry`;
      assert.equal((await stage.request('POST', path, { as: superService })).status, 404);
      assert.equal((await stage.request('POST', path, { as })).status, 200);
      await until(async () => (await list('state=delivered')).body.length === 2);
      const again = await stage.request<Problem>('POST', path, { as });
      assert.deepEqual([again.status, again.body.code], [404, 'not_found']);
      assert.equal((await stage.request('POST', '/v1/webhooks/deliveries/x/retry', { as })).status, 400);
    } finally {
      await deliverer.close();
    }
  });
});
