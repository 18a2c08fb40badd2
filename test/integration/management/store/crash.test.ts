import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Store } from '../../../../management-api/store/store.ts';
import { openStore } from '../../../../management-api/store/open.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { until } from '../../../support/until.ts';
import { StoreChild } from './child.ts';
import { onBothEngines, secret } from './engines.ts';
import { joined, noon, numbered, page, report, room, service, settings, token, webhook } from './samples.ts';

onBothEngines('a process that is killed while it writes', (database) => {
  it('loses nothing that was acknowledged, and leaves nothing by halves', async function () {
    this.timeout(120_000);
    const store = await database.open();
    await webhook(store);
    await store.rooms.create({ id: room, service, settings: { ...settings(), participantLimit: 0 } });
    for (let run = 1; run <= 3; run++) {
      const child = new StoreChild(database, 'write', String(run));
      await child.said(300 + run * 37);
      // Events are reported from 1 on by each run: the ones before are known already.
      const lines = (await child.kill()).map((line) => line.split(' '));
      await checkTokens(store, lines);
      await checkRoom(store, lines);
      await checkEvents(store);
    }
    await store.close();
    if (database.engine === 'sqlite') {
      const file = new Sqlite(database.url, { readonly: true });
      assert.equal(file.pragma('integrity_check', { simple: true }), 'ok');
      file.close();
    }
  });
});

async function checkTokens(store: Store, lines: readonly string[][]): Promise<void> {
  const acknowledged = lines.filter(([what]) => what === 'token');
  assert.ok(acknowledged.length > 20);
  for (const [, id = ''] of acknowledged) assert.ok(await store.tokens.get(token(id).id, service), id);
}

async function checkRoom(store: Store, lines: readonly string[][]): Promise<void> {
  const [, version, limit] = lines.findLast(([what]) => what === 'room') ?? [];
  const found = await store.rooms.get(room);
  assert.ok(found!.version >= Number(version) && found!.settings.participantLimit >= Number(limit));
  assert.equal(found!.settings.participantLimit, found!.version - 1);
}

/** What was counted is there, and what is there was counted: reporting it all again adds only what comes after. */
async function checkEvents(store: Store): Promise<void> {
  const before = await store.deliveries.waiting();
  const people = Array.from({ length: before + 1 }, (_, n) => joined(`p${String(n + 1)}`));
  assert.equal((await store.events.report(report({ events: numbered(people) }))).length, 1);
  const { items } = await store.deliveries.list({ service }, page);
  const bodies = items.map(({ body }) => body).reverse();
  assert.deepEqual(
    bodies,
    people
      .slice(-bodies.length)
      .map((_, n) => `participant_joined p${String(before + 2 - bodies.length + n)}`),
  );
}

describe('PostgreSQL that crashes', () => {
  let server: TestPostgres;
  let store: Store;

  before(async function () {
    this.timeout(60_000);
    server = await startPostgres();
    store = await openStore({ url: await server.createDatabase(), secret, pool: 5 });
  });

  after(async () => {
    await store.close();
    await server.stop();
  });

  it('is unavailable meanwhile and used again afterwards, with all that it acknowledged', async function () {
    this.timeout(60_000);
    const acknowledged: string[] = [];
    const failures: unknown[] = [];
    let stop = false;
    const writers = Array.from({ length: 5 }, async (_, writer) => {
      for (let n = 0; !stop; n++) {
        const id = `${String(writer)}-${String(n)}`;
        await store.tokens.add(token(id)).then(
          () => acknowledged.push(id),
          (error: unknown) => failures.push(error),
        );
      }
    });
    await until(() => acknowledged.length > 50);
    await server.kill();
    await until(() => failures.length > 0);
    await assert.rejects(store.ping(), { code: 'unavailable', retryable: true });
    await server.start();
    const then = acknowledged.length;
    await until(() => acknowledged.length > then + 50, { timeoutMs: 20_000 });
    stop = true;
    await Promise.all(writers);
    for (const failure of failures) assert.equal((failure as { code: string }).code, 'unavailable');
    for (const id of acknowledged) assert.ok(await store.tokens.get(token(id).id, service), id);
    assert.equal(await store.nonces.take('n', noon), true);
  });
});
