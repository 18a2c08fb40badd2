import assert from 'node:assert/strict';
import { RoomSettings } from '../../../../common/contract/room-settings.ts';
import { onBothEngines } from './engines.ts';
import { room, roomId, service, settings } from './samples.ts';

onBothEngines('stored rooms', (database) => {
  it('come back with all of their settings, in version 1', async () => {
    const store = await database.open();
    const full = RoomSettings.parse({
      name: 'Lobby “ü”',
      participantLimit: 7,
      roles: [],
      mediaIn: { video: [] },
    });
    const made = await store.rooms.create({ id: room, service, settings: full });
    assert.equal(made.version, 1);
    assert.deepEqual(await store.rooms.get(room), made);
    assert.deepEqual(made.settings, full);
    await assert.rejects(store.rooms.create({ id: room, service: 'other', settings: full }), {
      code: 'room_exists',
    });
  });

  it('are listed by the bytes of their ids, in parts that join without gap', async () => {
    const store = await database.open();
    const ids = ['B', '_x', 'a-1', 'a', 'a0', 'Z', 'b', 'a_1'];
    for (const id of ids) await store.rooms.create({ id: roomId(id), service, settings: settings() });
    await store.rooms.create({ id: roomId('other'), service: 'other', settings: settings() });
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const part = await store.rooms.list(service, { limit: 3, ...(after === undefined ? {} : { after }) });
      listed.push(...part.items.map(({ id }) => id));
      after = part.next;
    } while (after !== undefined);
    assert.deepEqual(listed, [...ids].sort());
    assert.deepEqual(
      (await store.rooms.listNumbered(service, 2, 3)).map(({ id }) => id),
      listed.slice(3, 6),
    );
    assert.deepEqual([await store.rooms.count(service), await store.rooms.count()], [8, 9]);
    assert.equal((await store.rooms.list(undefined, { limit: 100 })).items.length, 9);
  });

  it('keep every change when two processes change one at the same time', async () => {
    const stores = [await database.open(), await database.open()];
    await stores[0]!.rooms.create({ id: room, service, settings: settings() });
    const changes = stores.flatMap((store, s) =>
      Array.from({ length: 15 }, (_, n) =>
        store.rooms.update(room, service, (now) => ({
          ...now,
          name: `${now.name} ${String(s)}.${String(n)}`,
        })),
      ),
    );
    const versions = (await Promise.all(changes)).map((changed) => changed?.version);
    assert.deepEqual(
      versions.sort((x, y) => x! - y!),
      Array.from({ length: 30 }, (_, n) => n + 2),
    );
    assert.equal((await stores[1]!.rooms.get(room))?.settings.name.split(' ').length, 31);
  });

  it('change only in the version that was meant', async () => {
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: settings() });
    const rename = (name: string, version?: number) =>
      store.rooms.update(room, service, (now) => ({ ...now, name }), version);
    assert.equal((await rename('second', 1))?.version, 2);
    await assert.rejects(rename('late', 1), { code: 'changed_meanwhile' });
    await assert.rejects(store.rooms.delete(room, service, 1), { code: 'changed_meanwhile' });
    assert.equal((await store.rooms.get(room))?.settings.name, 'second');
    assert.equal(await store.rooms.delete(room, service, 2), true);
    assert.equal(await store.rooms.delete(room, service, 2), false);
  });

  it('are found to be nobody’s by other services, and stay as they are', async () => {
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: settings() });
    assert.equal(await store.rooms.update(room, 'other', () => settings('taken')), undefined);
    assert.equal(await store.rooms.delete(room, 'other'), false);
    assert.equal((await store.rooms.get(room))?.settings.name, 'Lobby');
  });

  it('stay as they are when the change throws', async () => {
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: settings() });
    const failure = new Error('no');
    const change = () => {
      throw failure;
    };
    await assert.rejects(store.rooms.update(room, service, change), failure);
    assert.equal((await store.rooms.get(room))?.version, 1);
  });

  it('go on with higher versions when they are made again', async () => {
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: settings() });
    const changed = await store.rooms.update(room, service, () => settings('changed'));
    await store.rooms.delete(room, service);
    const again = await store.rooms.create({ id: room, service: 'other', settings: settings('again') });
    assert.ok(again.version > changed!.version);
  });
});
