import assert from 'node:assert/strict';
import jwt from 'jsonwebtoken';
import { pause } from '../../../../common/lifecycle/wait.ts';
import { verifyWebhook } from '../../../../management-api/webhooks/signature.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { boss, Desk, ended, joined, key, left, shop, started } from './support/desk.ts';
import { answer, hang, Receiver, type Received } from './support/receiver.ts';

describe('webhooks', () => {
  let desk: Desk;
  let receiver: Receiver;

  beforeEach(async () => {
    desk = await Desk.open();
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await desk.close();
    await receiver.close();
  });

  const typesTaken = (room: string) =>
    receiver.taken.filter((post) => post.room === room).map(({ type }) => type);
  const metric = async (name: string) =>
    (await desk.registry.getSingleMetric(name)?.get())?.values.reduce((sum, { value }) => sum + value, 0);

  it('arrive signed with the key of the service', async () => {
    await desk.room('board');
    await desk.webhook(receiver.url);
    desk.deliver();
    await desk.happen('board', started, joined('ann'));
    await until(() => receiver.taken.length === 2);
    const [, post] = receiver.taken as [Received, Received];
    assert.equal(post.headers['content-type'], 'application/json');
    const event = verifyWebhook({ body: post.body, authorization: post.authorization, key });
    assert.equal(event.type, 'participant_joined');
    assert.deepEqual([event.room, event.service], ['board', 'shop']);
    assert.equal(event.data.participant.user, 'user of ann');
  });

  it('hear only of rooms of their service, and of types that they want', async () => {
    await desk.room('board');
    await desk.room('other', boss.id);
    await desk.webhook(receiver.url, { events: ['room_ended'] });
    desk.deliver();
    await desk.happen('other', started, ended);
    await desk.happen('board', started, joined('ann'), left('ann'), ended);
    await until(() => receiver.taken.length > 0);
    assert.deepEqual(
      receiver.posts.map(({ room, type }) => [room, type]),
      [['board', 'room_ended']],
    );
  });

  it('of the super service hear of rooms that belong to nobody', async () => {
    await desk.webhook(receiver.url, { service: boss.id });
    desk.deliver();
    await desk.happen('nobodys', started);
    await until(() => receiver.taken.length === 1);
    const [post] = receiver.taken as [Received];
    const event = verifyWebhook({ body: post.body, authorization: post.authorization, key: boss.key });
    assert.equal(event.service, 'boss');
  });

  it('still hear the end of a room that was deleted', async () => {
    const room = await desk.room('board');
    await desk.webhook(receiver.url);
    await desk.webhook(receiver.url, { service: boss.id });
    desk.deliver();
    await desk.happen('board', started, joined('ann'));
    await desk.store.rooms.delete(room, shop.id);
    await desk.happen('board', left('ann'), ended);
    await until(() => receiver.taken.length === 4);
    assert.deepEqual(typesTaken('board'), [
      'room_started',
      'participant_joined',
      'participant_left',
      'room_ended',
    ]);
  });

  it('are tried again with the same event and another signature, in order, while other rooms go on', async () => {
    await desk.room('rough');
    await desk.room('smooth');
    await desk.webhook(receiver.url);
    let refusals = 3;
    const behave = receiver.behave;
    receiver.behave = (post, response) => {
      if (post.room === 'rough' && refusals-- > 0) response.writeHead(500).end('no');
      else behave(post, response);
    };
    desk.deliver();
    const report = await desk.happen('rough', started, joined('ann'), left('ann'), ended);
    await desk.happen('smooth', started, ended);
    await until(() => receiver.taken.length === 6);
    assert.deepEqual(
      typesTaken('rough'),
      report.events.map(({ event }) => event.type),
    );
    const rough = receiver.posts.filter(({ room }) => room === 'rough');
    assert.equal(new Set(rough.slice(0, 4).map(({ body }) => body)).size, 1);
    const ids = rough.map(
      ({ authorization = '' }) => (jwt.decode(authorization.slice(7)) as jwt.JwtPayload).jti,
    );
    assert.equal(new Set(ids).size, rough.length);
    const smooth = receiver.taken.findLastIndex(({ room }) => room === 'smooth');
    assert.ok(smooth < receiver.taken.length - 1, 'the smooth room waited for the rough one');
    await until(async () => (await metric('portico_webhook_deliveries_total')) === 6);
    assert.equal(await metric('portico_webhook_failed_attempts_total'), 3);
    assert.equal(await metric('portico_webhook_waiting_deliveries'), 0);
  });

  it('that hang are given up in time, and hold up nobody else', async () => {
    const hanging = await Receiver.start();
    hanging.behave = hang;
    try {
      const rooms = await Promise.all(Array.from({ length: 40 }, (_, index) => desk.room(`room-${index}`)));
      await desk.webhook(hanging.url);
      await desk.webhook(receiver.url);
      desk.deliver({ timeoutMs: 4_000, attempts: 1 });
      const begun = performance.now();
      await Promise.all(rooms.map((room) => desk.happen(room, started)));
      await until(() => receiver.taken.length === 40);
      assert.ok(performance.now() - begun < 3_900, 'the good receiver waited for the bad one');
      await until(async () => (await desk.store.deliveries.waiting()) < 40, { timeoutMs: 10_000 });
      const dead = await desk.store.deliveries.list({ service: shop.id, state: 'dead' }, { limit: 1 });
      assert.equal(dead.items[0]?.lastError, 'no answer within 4000 ms');
    } finally {
      await hanging.close();
    }
  });

  it('follow no redirect', async () => {
    const target = await Receiver.start();
    try {
      receiver.behave = answer(307, { location: target.url });
      await desk.room('board');
      await desk.webhook(receiver.url);
      desk.deliver({ attempts: 2 });
      await desk.happen('board', started);
      const [dead] = await until(async () => {
        const { items } = await desk.store.deliveries.list({ service: shop.id, state: 'dead' }, { limit: 9 });
        return items.length > 0 && items;
      });
      assert.equal(dead?.lastError, 'answered 307: redirects are not followed');
      assert.equal(receiver.posts.length, 2);
      assert.equal(target.posts.length, 0);
    } finally {
      await target.close();
    }
  });

  it('may answer slowly, with a body that never ends', async () => {
    await desk.room('board');
    await desk.webhook(receiver.url);
    let cutOff = false;
    receiver.behave = (_post, response) => {
      response.on('close', () => (cutOff = true));
      setTimeout(() => {
        response.writeHead(200);
        const more = () => response.write(Buffer.alloc(16_384), more);
        more();
      }, 300);
    };
    desk.deliver();
    await desk.happen('board', started);
    await until(async () => (await metric('portico_webhook_deliveries_total')) === 1);
    assert.equal(receiver.posts.length, 1);
    await until(() => cutOff, { what: 'the answer is cut off' });
  });

  it('that fail for good go to the dead letters, from where they can be tried again', async () => {
    await desk.room('board');
    const { id } = await desk.webhook(receiver.url);
    const behave = receiver.behave;
    receiver.behave = (post, response) => {
      if (post.type === 'room_started') response.writeHead(400).end();
      else behave(post, response);
    };
    const deliverer = desk.deliver({ attempts: 3 });
    await desk.happen('board', started, joined('ann'));
    await until(() => receiver.taken.length === 1);
    assert.deepEqual(typesTaken('board'), ['participant_joined']);
    assert.equal(receiver.posts.length, 4);
    const { items } = await desk.store.deliveries.list(
      { service: shop.id, state: 'dead', webhook: id },
      { limit: 9 },
    );
    assert.deepEqual(
      items.map(({ type, attempts, lastError }) => [type, attempts, lastError]),
      [['room_started', 3, 'answered 400']],
    );
    await until(async () => (await metric('portico_webhook_dead_total')) === 1);
    receiver.behave = behave;
    assert.ok(await desk.store.deliveries.retry(items[0]!.id, shop.id, Date.now()));
    deliverer.wake();
    await until(() => receiver.taken.length === 2);
    assert.equal(receiver.taken[1]?.body, receiver.posts[0]?.body);
  });

  it('that are gone (410) are switched off, and hear the rest when they are switched on', async () => {
    await desk.room('board');
    const { id } = await desk.webhook(receiver.url);
    const behave = receiver.behave;
    receiver.behave = answer(410);
    const deliverer = desk.deliver();
    await desk.happen('board', started, joined('ann'));
    await until(async () => (await desk.store.webhooks.get(id, shop.id))?.enabled === false);
    receiver.behave = behave;
    await until(async () => {
      const { items } = await desk.store.deliveries.list({ service: shop.id }, { limit: 9 });
      return items.some(({ lastError }) => lastError?.includes('410'));
    });
    const noted = await desk.store.audit.list({ service: shop.id }, { limit: 9 });
    assert.deepEqual(
      noted.items.map(({ action, target }) => [action, target]),
      [['webhook.gone', id]],
    );
    assert.equal(receiver.posts.length, 1);
    await desk.store.webhooks.update(id, shop.id, { enabled: true });
    deliverer.wake();
    await until(() => receiver.taken.length === 2);
    assert.deepEqual(typesTaken('board'), ['room_started', 'participant_joined']);
  });

  it('that cannot be reached are tried until they can', async () => {
    const port = await freePort();
    await desk.room('board');
    await desk.webhook(`http://127.0.0.1:${port}/`);
    desk.deliver({ attempts: 100 });
    await desk.happen('board', started);
    const failing = await until(async () => {
      const { items } = await desk.store.deliveries.list({ service: shop.id }, { limit: 1 });
      return items[0]?.lastError;
    });
    assert.match(failing, /^no connection: .*ECONNREFUSED/);
    const late = await Receiver.start(port);
    try {
      await until(() => late.taken.length === 1);
    } finally {
      await late.close();
    }
  });

  it('are asked again no sooner than they want', async () => {
    await desk.room('board');
    await desk.webhook(receiver.url);
    const behave = receiver.behave;
    receiver.behave = (post, response) => {
      if (receiver.posts.length === 1) response.writeHead(503, { 'retry-after': '1' }).end();
      else behave(post, response);
    };
    desk.deliver({ backoffMaxMs: 5_000 });
    await desk.happen('board', started);
    await until(() => receiver.taken.length === 1);
    const [first, second] = receiver.posts as [Received, Received];
    assert.ok(second.at - first.at > 950, `asked again after ${second.at - first.at} ms`);
  });

  it('get each event once, and in order, from several processes that share a store', async () => {
    const rooms = await Promise.all(Array.from({ length: 8 }, (_, index) => desk.room(`room-${index}`)));
    await desk.webhook(receiver.url);
    for (let count = 0; count < 3; count++) desk.deliver();
    const told = new Map<string, number>();
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        rooms.map(async (room) => {
          const { events } = await desk.happen(room, joined(`p${round}`), left(`p${round}`));
          told.set(room, (told.get(room) ?? 0) + events.length);
        }),
      );
    }
    await until(() => receiver.taken.length === 160, { timeoutMs: 10_000 });
    assert.equal(receiver.posts.length, 160);
    for (const room of rooms) {
      const wanted = Array.from({ length: 10 }, (_, round) => [`p${round}`, `p${round}`]).flat();
      const got = receiver.taken
        .filter((post) => post.room === room)
        .map(
          ({ body }) => (JSON.parse(body) as { data: { participant: { id: string } } }).data.participant.id,
        );
      assert.deepEqual(got, wanted, room);
    }
  });

  it('on their way are waited for when the process ends', async () => {
    await desk.room('board');
    await desk.webhook(receiver.url);
    const behave = receiver.behave;
    receiver.behave = (post, response) => {
      setTimeout(() => {
        behave(post, response);
      }, 200);
    };
    const deliverer = desk.deliver();
    await desk.happen('board', started, ended);
    await until(() => receiver.posts.length === 1);
    await deliverer.close();
    assert.equal(receiver.taken.length, 1);
    const { items } = await desk.store.deliveries.list({ service: shop.id }, { limit: 9 });
    assert.deepEqual(items.map(({ state }) => state).sort(), ['delivered', 'waiting']);
    await pause(50);
    assert.equal(receiver.posts.length, 1, 'nothing more is begun');
  });

  it('hear of an event within milliseconds', async () => {
    const rooms = await Promise.all(Array.from({ length: 20 }, (_, index) => desk.room(`room-${index}`)));
    await desk.webhook(receiver.url);
    desk.deliver();
    const delays: number[] = [];
    for (const room of rooms.flatMap((name) => [name, name, name, name, name])) {
      const before = receiver.taken.length;
      const begun = performance.now();
      await desk.happen(room, started);
      await until(() => receiver.taken.length > before);
      delays.push(receiver.taken.at(-1)!.at - begun);
    }
    delays.sort((a, b) => a - b);
    const [median, p99] = [delays[50]!, delays[99]!];
    process.stdout.write(`      report to arrival: p50 ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`);
    assert.ok(median < 500, `median ${median} ms`);
  });
});
