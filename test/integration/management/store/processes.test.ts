import assert from 'node:assert/strict';
import { StoreChild } from './child.ts';
import { onBothEngines } from './engines.ts';
import { joined, noon, numbered, report, room, roomId, service, settings, webhook } from './samples.ts';

onBothEngines('two processes on one store', (database) => {
  it('make it together, from nothing', async function () {
    this.timeout(60_000);
    const children = [1, 2, 3].map(() => new StoreChild(database, 'open'));
    for (const child of children) assert.deepEqual(await child.end(), ['open']);
    const store = await database.open();
    assert.deepEqual(await store.services.list(), []);
  });

  it('take each signature once', async function () {
    this.timeout(60_000);
    await database.open();
    const children = [new StoreChild(database, 'take', '300'), new StoreChild(database, 'take', '300')];
    const taken = (await Promise.all(children.map((child) => child.end()))).flat();
    assert.deepEqual([taken.length, new Set(taken).size], [300, 300]);
  });

  it('lose no change of a room', async function () {
    this.timeout(60_000);
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: { ...settings(), participantLimit: 0 } });
    await Promise.all(
      [new StoreChild(database, 'rename', '100'), new StoreChild(database, 'rename', '100')].map((one) =>
        one.end(),
      ),
    );
    const changed = await store.rooms.get(room);
    assert.deepEqual([changed?.settings.participantLimit, changed?.version], [200, 201]);
  });

  it('deliver each event once, in order, never two of a room at a time', async function () {
    this.timeout(60_000);
    const store = await database.open();
    await webhook(store, { id: 'a' });
    await webhook(store, { id: 'b' });
    for (let n = 0; n < 5; n++) {
      const people = Array.from({ length: 12 }, (_, p) => joined(`p${String(p)}`));
      await store.events.report(
        report({ room: roomId(`r${String(n)}`), events: numbered(people), now: noon }),
      );
    }
    const children = [new StoreChild(database, 'deliver'), new StoreChild(database, 'deliver')];
    const said = await Promise.all(children.map((child) => child.end()));
    assert.ok(said.every((lines) => lines.length > 0));
    const deliveries = said.flat().map((line) => line.split(' '));
    assert.equal(deliveries.length, 120);
    for (const queue of new Set(deliveries.map(([name]) => name))) {
      const mine = deliveries.filter(([name]) => name === queue).sort((x, y) => Number(x[1]) - Number(y[1]));
      assert.equal(new Set(mine.map(([, id]) => id)).size, 12);
      mine.forEach(([, , began = ''], n) => {
        const endBefore = mine[n - 1]?.[3] ?? '0';
        assert.ok(BigInt(began) >= BigInt(endBefore), `${queue ?? ''}: two at a time`);
      });
    }
  });
});
