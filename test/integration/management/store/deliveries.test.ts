import assert from 'node:assert/strict';
import type { Delivery, Store } from '../../../../management-api/store/store.ts';
import { onBothEngines } from './engines.ts';
import { joined, noon, numbered, page, report, roomId, service, webhook } from './samples.ts';

interface Wanted {
  now?: number;
  limit?: number;
  except?: string[];
}

/** Leases for a second. */
const lease = async (
  store: Store,
  { now = noon, limit = 100, except = [] }: Wanted = {},
): Promise<Delivery[]> => await store.deliveries.lease({ now, until: now + 1_000, limit, except });

/** Some people join a room. */
const happen = async (store: Store, people: readonly string[], room = 'lobby', first = 1): Promise<void> => {
  await store.events.report(report({ room: roomId(room), events: numbered(people.map(joined), first) }));
};

const names = (deliveries: readonly Delivery[]): string[] =>
  deliveries.map(({ room, body }) => `${room} ${body.split(' ')[1] ?? ''}`).sort();

onBothEngines('deliveries', (database) => {
  it('are leased one of each webhook and room at a time, the oldest first', async () => {
    const store = await database.open();
    await webhook(store);
    await happen(store, ['a1', 'a2'], 'a');
    await happen(store, ['b1', 'b2'], 'b');
    const first = await lease(store);
    assert.deepEqual(names(first), ['a a1', 'b b1']);
    assert.deepEqual(await lease(store), []);
    await store.deliveries.delivered(first.find(({ room }) => room === roomId('a'))!.id, noon + 5);
    assert.deepEqual(names(await lease(store)), ['a a2']);
    const { items } = await store.deliveries.list({ service, state: 'delivered' }, page);
    assert.deepEqual([items.length, items[0]?.deliveredAt, items[0]?.attempts], [1, noon + 5, 1]);
  });

  it('are leased by one of many processes that ask at the same time', async () => {
    const stores = [await database.open(), await database.open()];
    await webhook(stores[0]!);
    const rooms = Array.from({ length: 12 }, (_, n) => `r${String(n)}`);
    for (const room of rooms) await happen(stores[0]!, ['p1', 'p2'], room);
    const leased = await Promise.all([...stores, ...stores].map((store) => lease(store, { limit: 5 })));
    const all = leased.flat();
    assert.equal(new Set(all.map(({ room }) => room)).size, all.length);
    const rest = await lease(stores[0]!);
    assert.equal(all.length + rest.length, rooms.length);
  });

  it('are free again when the lease is over, and whoever had it has no say any more', async () => {
    const [died, other] = [await database.open(), await database.open()];
    await webhook(died);
    await happen(died, ['p1', 'p2']);
    const [late] = await lease(died);
    assert.equal(await other.deliveries.nextDue(), noon + 1_000);
    assert.deepEqual(await lease(other, { now: noon + 999 }), []);
    const [again] = await lease(other, { now: noon + 1_000 });
    assert.equal(again?.id, late?.id);
    await died.deliveries.delivered(late!.id, noon);
    await died.deliveries.failed(late!.id, 'late');
    assert.deepEqual(await lease(died, { now: noon + 1_001 }), []);
    await other.deliveries.delivered(again!.id, noon + 1_500);
    assert.deepEqual(names(await lease(died, { now: noon + 1_600 })), ['lobby p2']);
  });

  it('that fail hold up their room until they are tried again, and no other one', async () => {
    const store = await database.open();
    await webhook(store);
    await happen(store, ['a1', 'a2'], 'a');
    const [first] = await lease(store);
    await store.deliveries.failed(first!.id, 'status 500', noon + 300);
    await happen(store, ['a3'], 'a', 3);
    await happen(store, ['b1'], 'b');
    assert.deepEqual(names(await lease(store, { now: noon + 200 })), ['b b1']);
    assert.equal(await store.deliveries.nextDue(), noon + 300);
    const [again] = await lease(store, { now: noon + 300 });
    assert.deepEqual([again?.id, again?.attempts, again?.lastError], [first?.id, 1, 'status 500']);
  });

  it('that are dead let those after them go on, and are tried after them when asked to', async () => {
    const store = await database.open();
    await webhook(store);
    await happen(store, ['p1', 'p2']);
    const [first] = await lease(store);
    await store.deliveries.failed(first!.id, 'given up');
    assert.equal(
      (await store.deliveries.list({ service, state: 'dead' }, page)).items[0]?.lastError,
      'given up',
    );
    assert.equal(await store.deliveries.retry(first!.id, 'other', noon), false);
    assert.equal(await store.deliveries.retry(first!.id, service, noon), true);
    assert.equal(await store.deliveries.retry(first!.id, service, noon), false);
    await happen(store, ['p3'], 'lobby', 3);
    const order: string[] = [];
    for (let n = 0; n < 3; n++) {
      const [next] = await lease(store);
      order.push(next!.body);
      await store.deliveries.delivered(next!.id, noon);
    }
    assert.deepEqual(order, ['participant_joined p2', 'participant_joined p1', 'participant_joined p3']);
    assert.deepEqual([await store.deliveries.nextDue(), await store.deliveries.waiting()], [undefined, 0]);
  });

  it('that were the last ones are tried again, too', async () => {
    const store = await database.open();
    await webhook(store);
    await happen(store, ['p1']);
    const [only] = await lease(store);
    await store.deliveries.failed(only!.id, 'no');
    assert.equal(await store.deliveries.nextDue(), undefined);
    await store.deliveries.retry(only!.id, service, noon + 9);
    const [again] = await lease(store, { now: noon + 9 });
    assert.deepEqual([again?.id, again?.attempts], [only?.id, 0]);
  });

  it('wait while their webhook is disabled or has enough, and go when it goes', async () => {
    const store = await database.open();
    await webhook(store);
    await webhook(store, { id: 'busy' });
    await happen(store, ['p1']);
    assert.deepEqual(
      (await lease(store, { except: ['busy', 'x'] })).map((one) => one.webhook),
      ['hook'],
    );
    await store.webhooks.update('busy', service, { enabled: false });
    assert.deepEqual(await lease(store), []);
    await store.webhooks.update('busy', service, { enabled: true });
    assert.deepEqual(
      (await lease(store)).map((one) => one.webhook),
      ['busy'],
    );
    assert.equal(await store.webhooks.delete('busy', service), true);
    assert.deepEqual(
      (await store.deliveries.list({ service }, page)).items.map((one) => one.webhook),
      ['hook'],
    );
    assert.deepEqual(await lease(store, { now: noon + 5_000, limit: 9 }).then((all) => all.length), 1);
  });

  it('are all made, in order, while they are being reported', async function () {
    this.timeout(30_000);
    const [a, b] = [await database.open(), await database.open()];
    await webhook(a);
    const rooms = ['r1', 'r2', 'r3'];
    const people = Array.from({ length: 40 }, (_, n) => `p${String(n)}`);
    const reports = rooms.map(async (name) => {
      for (const [n, person] of people.entries()) await happen(a, [person], name, n + 1);
    });
    const told: string[] = [];
    const deliver = async (store: Store): Promise<void> => {
      const limit = performance.now() + 20_000;
      while (told.length < rooms.length * people.length && performance.now() < limit) {
        for (const one of await lease(store)) {
          told.push(...names([one]));
          await store.deliveries.delivered(one.id, noon);
        }
      }
    };
    await Promise.all([...reports, deliver(a), deliver(b), deliver(b)]);
    for (const name of rooms) {
      assert.deepEqual(
        told.filter((line) => line.startsWith(name)),
        people.map((person) => `${name} ${person}`),
      );
    }
    assert.deepEqual([await a.deliveries.waiting(), await a.deliveries.nextDue()], [0, undefined]);
  });

  it('are found quickly behind many that wait', async function () {
    this.timeout(60_000);
    const store = await database.open();
    await webhook(store);
    for (let n = 0; n < 20; n++) {
      const people = Array.from({ length: 250 }, (_, p) => `p${String(n * 250 + p)}`);
      await happen(store, people, 'crowded', 1 + n * 250);
    }
    const [head] = await lease(store);
    await store.deliveries.failed(head!.id, 'down', noon + 60_000);
    await happen(store, ['p'], 'quiet');
    const begin = performance.now();
    assert.deepEqual(names(await lease(store)), ['quiet p']);
    assert.ok(performance.now() - begin < 100);
    assert.equal(await store.deliveries.waiting(), 5_001);
  });
});

onBothEngines('webhooks', (database) => {
  it('are kept as they were given, and changed in part', async () => {
    const [a, b] = [await database.open(), await database.open()];
    const made = await webhook(a, { events: ['room_started', 'stream_added'] });
    assert.deepEqual(await b.webhooks.get('hook', service), made);
    assert.deepEqual(await b.webhooks.list(service), [made]);
    assert.equal(await b.webhooks.get('hook', 'other'), undefined);
    const changed = { ...made, url: 'http://new.example/', events: [] };
    assert.deepEqual(await b.webhooks.update('hook', service, { url: changed.url, events: [] }), changed);
    assert.deepEqual(await a.webhooks.update('hook', service, { enabled: false }), {
      ...changed,
      enabled: false,
    });
    assert.equal(await a.webhooks.update('hook', 'other', { enabled: true }), undefined);
    assert.equal(await a.webhooks.delete('hook', 'other'), false);
    assert.equal(await a.webhooks.delete('hook', service), true);
  });
});
