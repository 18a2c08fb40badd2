import assert from 'node:assert/strict';
import type { RoomEvent } from '../../../../common/contract/management.ts';
import type { Presence, Store } from '../../../../management-api/store/store.ts';
import { onBothEngines } from './engines.ts';
import { joined, left, noon, numbered, owner, page, report, roomId, service, webhook } from './samples.ts';

const started: RoomEvent = { type: 'room_started' };
const ended: RoomEvent = { type: 'room_ended' };

/** Bodies of all deliveries to a webhook, oldest first. */
const bodies = async (store: Store, hook = 'hook', of = service): Promise<string[]> =>
  (await store.deliveries.list({ service: of, webhook: hook }, page)).items.map(({ body }) => body).reverse();

onBothEngines('reported events', (database) => {
  it('become deliveries once, however often and by whom they are taken', async () => {
    const stores = [await database.open(), await database.open()];
    await webhook(stores[0]!);
    const events = numbered([started, joined('p1'), joined('p2'), left('p1')]);
    const news = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        stores[n % 2]!.events.report(report({ events: events.slice(0, 1 + (n % 4)) })),
      ),
    );
    assert.equal(news.flat().length, 4);
    assert.deepEqual(await bodies(stores[0]!), [
      'room_started',
      'participant_joined p1',
      'participant_joined p2',
      'participant_left p1',
    ]);
  });

  it('of an owner that was succeeded are ignored', async () => {
    const store = await database.open();
    await webhook(store);
    await store.events.report(report({ owner: owner(5, 'b'), events: numbered([joined('p1')]) }));
    for (const older of [owner(4, 'z'), owner(5, 'a')]) {
      assert.deepEqual(
        await store.events.report(report({ owner: older, events: numbered([joined('p9')], 7) })),
        [],
      );
    }
    for (const newer of [owner(5, 'c'), owner(6, 'a')]) {
      assert.equal(
        (await store.events.report(report({ owner: newer, events: numbered([joined('p2')]) }))).length,
        1,
      );
    }
    assert.equal((await bodies(store)).length, 3);
  });

  it('that no owner reports reach the webhooks of whoever the room belongs to, also after its end', async () => {
    const store = await database.open();
    await webhook(store);
    await webhook(store, { id: 'off', events: ['room_ended'] });
    await store.events.report(report({ events: numbered([started, ended]) }));
    const told = { room: roomId('room'), type: 'recording_ready', now: noon } as const;
    const bodyOf = (whose: string) => `ready of ${whose}`;
    await store.events.tell({ ...told, service, orElse: undefined, bodyOf });
    await store.events.tell({ ...told, service: undefined, orElse: service, bodyOf });
    await store.events.tell({ ...told, service: undefined, orElse: undefined, bodyOf });
    assert.deepEqual((await bodies(store)).slice(2), [`ready of ${service}`, `ready of ${service}`]);
    assert.deepEqual(await bodies(store, 'off'), ['room_ended']);
  });

  it('reach the enabled webhooks of the service that want their type', async () => {
    const store = await database.open();
    await webhook(store, { id: 'all' });
    await webhook(store, { id: 'some', events: ['participant_joined', 'room_ended'] });
    await webhook(store, { id: 'off', enabled: false });
    await webhook(store, { id: 'foreign', service: 'other' });
    await store.events.report(report({ events: numbered([started, joined('p1'), left('p1'), ended]) }));
    assert.equal((await bodies(store, 'all')).length, 4);
    assert.deepEqual(await bodies(store, 'some'), ['participant_joined p1', 'room_ended']);
    assert.deepEqual(await bodies(store, 'off'), []);
    assert.deepEqual(await bodies(store, 'foreign', 'other'), []);
    assert.equal(await store.deliveries.waiting(), 6);
  });

  it('come after what an owner that died did not tell, which is told what was told', async () => {
    const [a, b] = [await database.open(), await database.open()];
    await webhook(a);
    await a.events.report(report({ events: numbered([started, joined('p1'), joined('p2'), left('p1')]) }));
    let seen: Presence | undefined;
    const news = await b.events.report(
      report({
        owner: owner(2),
        events: numbered([joined('p3')]),
        missing: (told, fresh) => {
          seen = told;
          assert.deepEqual(fresh, [joined('p3')]);
          return [left('p2')];
        },
      }),
    );
    assert.equal(seen?.running, true);
    assert.deepEqual([...seen.participants.keys()], ['p2']);
    assert.deepEqual(seen.participants.get('p2'), (joined('p2') as { participant: unknown }).participant);
    assert.deepEqual(news, [left('p2'), joined('p3')]);
    assert.deepEqual((await bodies(b)).slice(-2), ['participant_left p2', 'participant_joined p3']);
  });

  it('that were given up are told by what came of them, once', async () => {
    const store = await database.open();
    await webhook(store);
    await store.events.report(report({ events: numbered([started, joined('p1')]) }));
    const pictured = () =>
      store.events.report(report({ events: [], upTo: 9, missing: () => [joined('p2'), left('p1')] }));
    assert.deepEqual(await pictured(), [joined('p2'), left('p1')]);
    assert.deepEqual(await pictured(), [], 'a repetition');
    const later = report({ events: numbered([joined('p3')], 10), upTo: 9, missing: () => [] });
    assert.deepEqual(await store.events.report(later), [joined('p3')]);
    assert.deepEqual((await bodies(store)).slice(2), [
      'participant_joined p2',
      'participant_left p1',
      'participant_joined p3',
    ]);
  });

  it('tell nothing missing twice when two processes take the first report of an owner', async () => {
    const stores = [await database.open(), await database.open()];
    await webhook(stores[0]!);
    await stores[0]!.events.report(report({ events: numbered([started, joined('p1')]) }));
    const takeover = report({
      owner: owner(2),
      missing: ({ participants }) => [...participants.keys()].map(left),
    });
    await Promise.all([...stores, ...stores].map((store) => store.events.report(takeover)));
    assert.deepEqual((await bodies(stores[0]!)).slice(2), ['participant_left p1']);
  });

  it('of an ended room are forgotten by the next one of that name', async () => {
    const store = await database.open();
    await store.events.report(report({ events: numbered([started, joined('p1'), ended]) }));
    let seen: Presence | undefined;
    const missing = (told: Presence): RoomEvent[] => {
      seen = told;
      return [];
    };
    await store.events.report(report({ owner: owner(2), events: numbered([started]), missing }));
    assert.deepEqual([seen?.running, seen?.participants.size], [false, 0]);
  });

  it('belong to the service that the room had, else to the one for rooms of nobody', async () => {
    const store = await database.open();
    await webhook(store);
    await webhook(store, { id: 'super', service: 'super' });
    const nobody = { service: undefined, orElse: 'super' };
    await store.events.report(report({ events: numbered([started]) }));
    // The room was deleted from the store meanwhile.
    await store.events.report(report({ ...nobody, events: numbered([joined('p1'), ended], 2) }));
    await store.events.report(
      report({ ...nobody, owner: owner(2), events: numbered([started, joined('p2')]) }),
    );
    assert.deepEqual(await bodies(store), ['room_started', 'participant_joined p1', 'room_ended']);
    assert.deepEqual(await bodies(store, 'super', 'super'), ['room_started', 'participant_joined p2']);
    await store.events.report(
      report({ service: undefined, room: roomId('free'), events: numbered([started]) }),
    );
    assert.equal(await store.deliveries.waiting(), 5);
  });

  it('have an id each, the same for all webhooks', async () => {
    const store = await database.open();
    await webhook(store, { id: 'a' });
    await webhook(store, { id: 'b' });
    const bodyOf = ({ id, at }: { id: string; at: number }) => `${id} ${String(at)}`;
    await store.events.report(report({ events: numbered([started, ended]), bodyOf }));
    const told = await bodies(store, 'a');
    assert.deepEqual(await bodies(store, 'b'), told);
    assert.equal(new Set(told.map((body) => body.split(' ')[0])).size, 2);
    assert.deepEqual(
      told.map((body) => body.split(' ')[1]),
      [String(noon), String(noon + 1)],
    );
  });
});
