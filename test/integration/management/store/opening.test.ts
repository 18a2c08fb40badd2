import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { openStore } from '../../../../management-api/store/open.ts';
import { freePort } from '../../../support/free-port.ts';
import { sharedPostgres } from '../../../support/postgres.ts';
import { onBothEngines, secret, type TestDatabase } from './engines.ts';
import { noon, page, room, service, settings, token, webhook } from './samples.ts';

/** Runs one statement beside the store. */
async function execute({ engine, url }: TestDatabase, sql: string): Promise<void> {
  if (engine === 'sqlite') {
    const file = new Sqlite(url);
    file.exec(sql);
    file.close();
    return;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

onBothEngines('a store', (database) => {
  it('is made by many that open it at the same time, and holds what they write', async function () {
    this.timeout(30_000);
    const stores = await Promise.all(Array.from({ length: 6 }, () => database.open()));
    await Promise.all(
      stores.map((store, n) =>
        store.services.create({ id: `s${String(n)}`, name: `S${String(n)}`, key: 'k' }),
      ),
    );
    const last = await database.open();
    assert.deepEqual(
      (await last.services.list()).map(({ key }) => key),
      Array.from({ length: 6 }, () => 'k'),
    );
    await last.ping();
  });

  it('keeps everything while it is closed', async () => {
    const store = await database.open();
    await store.services.create({ id: service, name: 'Shop', key: 'k' });
    await store.rooms.create({ id: room, service, settings: settings() });
    await store.close();
    await assert.rejects(store.ping(), { code: 'closing' });
    const again = await database.open();
    assert.equal((await again.services.get(service))?.key, 'k');
    assert.equal((await again.rooms.get(room))?.settings.name, 'Lobby');
  });

  it('does not open with another secret, and says what to do', async () => {
    await database.open();
    const opening = openStore({ url: database.url, secret: `${secret}!`, pool: 2 });
    await assert.rejects(opening, { code: 'bad_request', message: /another secret: set \[database\] key/ });
  });

  it('of a newer version is refused, and left as it is', async () => {
    const store = await database.open();
    await store.close();
    await execute(database, "UPDATE meta SET value = '99' WHERE name = 'schema'");
    const message = /written by a newer version of Portico \(schema 99, this one knows \d+\)/;
    await assert.rejects(database.open(), { code: 'not_supported', message });
  });

  it('refuses settings of a room that somebody has spoiled, naming the room', async () => {
    const store = await database.open();
    await store.rooms.create({ id: room, service, settings: settings() });
    await execute(database, 'UPDATE rooms SET settings = \'{"name":7}\'');
    await assert.rejects(store.rooms.get(room), { code: 'internal', message: /'lobby'/ });
  });

  it('refuses a key that somebody has moved to another service', async () => {
    const store = await database.open();
    await store.services.create({ id: 'a', name: 'A', key: 'key of a' });
    await store.services.create({ id: 'b', name: 'B', key: 'key of b' });
    await execute(
      database,
      "UPDATE services SET sealed_key = (SELECT sealed_key FROM services s WHERE s.id = 'a') WHERE id = 'b'",
    );
    assert.equal((await store.services.get('a'))?.key, 'key of a');
    await assert.rejects(store.services.get('b'), { code: 'internal' });
  });

  it('forgets what is over, and nothing else', async () => {
    const store = await database.open();
    const day = 24 * 3_600_000;
    const now = noon + 40 * day;
    await store.rooms.create({ id: room, service, settings: settings() });
    await webhook(store);
    // More than are forgotten at a time.
    await Promise.all(Array.from({ length: 2_100 }, (_, n) => store.tokens.add(token(`old-${String(n)}`))));
    await store.tokens.add(token('new', { expiresAt: now }));
    await store.audit.add({ at: noon, service, action: 'old' });
    await store.audit.add({ at: now, service, action: 'new' });
    await store.idempotency.begin(service, 'old', 'f', now - day - 1);
    await store.idempotency.begin(service, 'new', 'f', now);
    await store.revocations.add({ id: 'r', service, user: 'u', at: noon, until: now - 1 });
    await store.purge(now - 30 * day, now);
    assert.deepEqual(
      (await store.tokens.list({ service }, page, now)).items.map(({ id }) => String(id)),
      ['new'],
    );
    assert.deepEqual(
      (await store.audit.list({}, page)).items.map(({ action }) => action),
      ['new'],
    );
    assert.deepEqual(await store.idempotency.begin(service, 'old', 'g', now), { state: 'new' });
    assert.deepEqual(await store.idempotency.begin(service, 'new', 'f', now), { state: 'running' });
    assert.deepEqual(await store.revocations.list(service, noon), []);
    assert.ok(await store.rooms.get(room));
    assert.equal((await store.webhooks.list(service)).length, 1);
  });
});

describe('PostgreSQL that lets nobody in', () => {
  it('is named as the reason', async function () {
    this.timeout(60_000);
    const url = (await (await sharedPostgres()).createDatabase()).replace('portico@', 'nobody@');
    const message = /PostgreSQL cannot be used: role "nobody" does not exist/;
    await assert.rejects(openStore({ url, secret, pool: 1 }), { code: 'unavailable', message });
  });
});

describe('the file of a store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-store-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

  it('and its folder are for their owner only', async () => {
    const url = join(folder, 'a', 'b', 'portico.db');
    const store = await openStore({ url, secret, pool: 1 });
    await store.audit.add({ at: noon, service, action: 'x' });
    assert.equal(await mode(dirname(url)), '700');
    const files = await readdir(dirname(url));
    assert.ok(files.includes('portico.db-wal'));
    for (const file of files) assert.equal(await mode(join(dirname(url), file)), '600', file);
    await store.close();
  });

  it('is closed to others when it was open to them', async () => {
    const url = join(folder, 'portico.db');
    await writeFile(url, '');
    await chmod(url, 0o644);
    await (await openStore({ url, secret, pool: 1 })).close();
    assert.equal(await mode(url), '600');
  });

  it('that is none, or cannot be made, is named', async () => {
    const text = join(folder, 'text');
    await writeFile(text, 'this is not a database, it is a text that is longer than a header\n'.repeat(20));
    const bad = { code: 'unavailable', details: { field: 'database.url' } };
    for (const url of [text, join(text, 'below'), folder]) {
      await assert.rejects(openStore({ url, secret, pool: 1 }), { ...bad, message: new RegExp(folder) });
    }
  });
});

describe('the address of a store', () => {
  it('is PostgreSQL or a file', async () => {
    for (const url of ['mysql://host/db', '']) {
      await assert.rejects(openStore({ url, secret, pool: 1 }), {
        code: 'bad_request',
        message: /postgres:/,
      });
    }
  });

  it('where nobody answers is told at once', async () => {
    const url = `postgres://portico@127.0.0.1:${String(await freePort())}/x`;
    await assert.rejects(openStore({ url, secret, pool: 1 }), {
      code: 'unavailable',
      message: /ECONNREFUSED/,
    });
  });
});
