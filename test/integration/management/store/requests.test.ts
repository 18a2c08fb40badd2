import assert from 'node:assert/strict';
import { onBothEngines } from './engines.ts';
import { noon, service } from './samples.ts';

const answer = { status: 201, body: '{"id":"ü"}', type: 'application/json' };

onBothEngines('idempotency keys', (database) => {
  it('are new for exactly one of many requests, whichever process has it', async () => {
    const stores = [await database.open(), await database.open()];
    const begun = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stores[n % 2]!.idempotency.begin(service, 'k', 'f', noon)),
    );
    assert.equal(begun.filter(({ state }) => state === 'new').length, 1);
    assert.equal(begun.filter(({ state }) => state === 'running').length, 19);
  });

  it('give the same answer again, to every process, and to the same request only', async () => {
    const [a, b] = [await database.open(), await database.open()];
    await a.idempotency.begin(service, 'k', 'f', noon);
    await assert.rejects(b.idempotency.begin(service, 'k', 'other', noon), { code: 'idempotency_conflict' });
    await a.idempotency.finish(service, 'k', answer);
    assert.deepEqual(await b.idempotency.begin(service, 'k', 'f', noon + 90_000), {
      state: 'done',
      ...answer,
    });
    await assert.rejects(b.idempotency.begin(service, 'k', 'other', noon), { code: 'idempotency_conflict' });
    assert.deepEqual(await b.idempotency.begin('other', 'k', 'other', noon), { state: 'new' });
  });

  it('are free again when abandoned', async () => {
    const store = await database.open();
    await store.idempotency.begin(service, 'k', 'f', noon);
    await store.idempotency.abandon(service, 'k');
    assert.deepEqual(await store.idempotency.begin(service, 'k', 'other', noon), { state: 'new' });
  });

  it('are free again a minute after their process died, which has no say then', async () => {
    const [died, other] = [await database.open(), await database.open()];
    await died.idempotency.begin(service, 'k', 'f', noon);
    assert.deepEqual(await other.idempotency.begin(service, 'k', 'f', noon + 59_999), { state: 'running' });
    assert.deepEqual(await other.idempotency.begin(service, 'k', 'f', noon + 60_000), { state: 'new' });
    await died.idempotency.finish(service, 'k', { ...answer, body: 'late' });
    await died.idempotency.abandon(service, 'k');
    assert.deepEqual(await died.idempotency.begin(service, 'k', 'f', noon + 60_001), { state: 'running' });
    await other.idempotency.finish(service, 'k', answer);
    assert.deepEqual(await died.idempotency.begin(service, 'k', 'f', noon + 60_001), {
      state: 'done',
      ...answer,
    });
  });
});

onBothEngines('signatures of requests', (database) => {
  it('are taken once, however many processes see them at the same time', async () => {
    const stores = [await database.open(), await database.open()];
    const digests = Array.from({ length: 100 }, (_, n) => `digest ${String(n)}`);
    const taken = await Promise.all(
      stores.flatMap((store) => digests.map((digest) => store.nonces.take(digest, noon))),
    );
    assert.equal(taken.filter(Boolean).length, digests.length);
  });

  it('are forgotten when they are over', async () => {
    const store = await database.open();
    assert.equal(await store.nonces.take('short', noon), true);
    assert.equal(await store.nonces.take('long', noon + 10), true);
    await store.purge(0, noon + 1);
    assert.equal(await store.nonces.take('short', noon), true);
    assert.equal(await store.nonces.take('long', noon), false);
  });
});

onBothEngines('the audit log', (database) => {
  it('lists newest first, in parts, by service and room', async () => {
    const [a, b] = [await database.open(), await database.open()];
    for (let n = 0; n < 5; n++) {
      await [a, b][n % 2]!.audit.add({
        at: noon + n,
        service,
        action: `do.${String(n)}`,
        room: n % 2 === 0 ? 'even' : 'odd',
      });
    }
    const full = {
      at: noon,
      service: 'other',
      user: 'ann',
      action: 'x',
      target: 't',
      detail: { a: [1, null, 'ü'] },
    };
    await a.audit.add(full);
    const first = await b.audit.list({ service }, { limit: 3 });
    assert.deepEqual(
      first.items.map(({ action }) => action),
      ['do.4', 'do.3', 'do.2'],
    );
    const second = await b.audit.list({ service }, { limit: 3, after: first.next! });
    assert.deepEqual(
      second.items.map(({ action }) => action),
      ['do.1', 'do.0'],
    );
    assert.equal(second.next, undefined);
    assert.equal((await b.audit.list({ room: 'odd' }, { limit: 9 })).items.length, 2);
    const [other] = (await b.audit.list({ service: 'other' }, { limit: 9 })).items;
    assert.deepEqual(other, { id: other?.id, ...full });
  });
});
