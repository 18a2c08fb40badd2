import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { onBothEngines, type TestDatabase } from './engines.ts';
import { noon, page, roomId, service, settings, token, webhook } from './samples.ts';

const key = 'the-key-that-signs-tokens-of-the-shop';

onBothEngines('stored services', (database) => {
  it('are found by every process until they are deleted', async () => {
    const [a, b] = [await database.open(), await database.open()];
    const made = await a.services.create({ id: service, name: 'Shop', key });
    assert.deepEqual(await b.services.get(service), made);
    assert.deepEqual(await b.services.list(), [made]);
    assert.equal(made.key, key);
    assert.equal(await b.services.get('other'), undefined);
    assert.deepEqual(await b.services.delete(service), []);
    assert.equal(await a.services.get(service), undefined);
    assert.equal(await a.services.delete(service), undefined);
  });

  it('have a name and an id of their own', async () => {
    const store = await database.open();
    await store.services.create({ id: service, name: 'Shop', key });
    const taken = { code: 'service_exists' };
    await assert.rejects(store.services.create({ id: service, name: 'Other', key }), taken);
    await assert.rejects(store.services.create({ id: 'other', name: 'Shop', key }), taken);
    assert.equal((await store.services.list()).length, 1);
  });

  it('exist once when two processes make the same one at the same time', async () => {
    const stores = [await database.open(), await database.open()];
    const outcomes = await Promise.allSettled(
      stores.flatMap((store) =>
        [1, 2, 3].map((n) => store.services.create({ id: `s${String(n)}`, name: `S${String(n)}`, key })),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
  });

  it('take their rooms, tokens and webhooks along, and nobody else’s', async () => {
    const store = await database.open();
    for (const id of [service, 'other']) {
      await store.services.create({ id, name: id, key });
      await store.rooms.create({ id: roomId(`room-${id}`), service: id, settings: settings() });
      await store.tokens.add(token(`t-${id}`, { service: id }));
      await webhook(store, { id: `hook-${id}`, service: id });
    }
    assert.deepEqual(await store.services.delete(service), ['room-shop']);
    const counts = await Promise.all(
      [service, 'other'].map(async (id) => [
        (await store.rooms.list(id, page)).items.length,
        (await store.tokens.list({ service: id }, page, noon)).items.length,
        (await store.webhooks.list(id)).length,
      ]),
    );
    assert.deepEqual(counts, [
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('leave no readable key in the database, nor does an answer kept for repetition', async () => {
    const store = await database.open();
    await store.services.create({ id: service, name: 'Shop', key });
    await store.idempotency.begin(service, 'k', 'f', noon);
    await store.idempotency.finish(service, 'k', { status: 201, body: key, type: 'text/plain' });
    assert.ok((await everything(database)).includes('Shop'));
    assert.ok(!(await everything(database)).includes(key));
  });
});

/** All that is on disk, or in the tables. */
async function everything({ engine, url }: TestDatabase): Promise<string> {
  if (engine === 'sqlite') {
    const files = await readdir(dirname(url));
    return (await Promise.all(files.map((file) => readFile(join(dirname(url), file), 'latin1')))).join('');
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      'SELECT to_json(s) AS s, to_json(i) AS i FROM services s, idempotency i',
    );
    return JSON.stringify(rows);
  } finally {
    await client.end();
  }
}
