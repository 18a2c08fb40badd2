import assert from 'node:assert/strict';
import type { Revocation } from '../../../../common/contract/management.ts';
import type { TokenState } from '../../../../management-api/store/store.ts';
import { onBothEngines } from './engines.ts';
import { noon, page, room, roomId, service, token } from './samples.ts';

const revocation = (change: Partial<Revocation>): Revocation => ({
  ...{ id: 'r', service, at: noon + 500, until: noon + 3_600_000 },
  ...change,
});

onBothEngines('stored tokens', (database) => {
  it('are all there when many are added at the same time by two processes', async () => {
    const stores = [await database.open(), await database.open()];
    const ids = Array.from({ length: 1200 }, (_, n) => `t${String(n)}`);
    await Promise.all(ids.map((id, n) => stores[n % 2]!.tokens.add(token(id))));
    const { items, next } = await stores[0]!.tokens.list({ service }, { limit: 1000 }, noon);
    const rest = await stores[1]!.tokens.list({ service }, { limit: 1000, after: next! }, noon);
    assert.deepEqual([...items, ...rest.items].map(({ id }) => String(id)).sort(), ids.sort());
    assert.equal(rest.next, undefined);
  });

  it('are all there when 50 callers add them at the same time', async () => {
    const store = await database.open();
    const callers = Array.from({ length: 50 }, async (_, caller) => {
      for (let n = 0; n < 20; n++) await store.tokens.add(token(`${caller}-${n}`));
    });
    await Promise.all(callers);
    const { items } = await store.tokens.list({ service }, { limit: 1_000 }, noon);
    assert.equal(items.length, 1_000);
  });

  it('are listed newest first, by room, user and state', async () => {
    const store = await database.open();
    await store.tokens.add(token('issued', { issuedAt: noon + 3 }));
    await store.tokens.add(token('expired', { expiresAt: noon - 1, issuedAt: noon - 100 }));
    await store.tokens.add(token('used', { issuedAt: noon + 2, user: 'bob' }));
    await store.tokens.add(token('revoked', { issuedAt: noon + 1, room: roomId('hall') }));
    await store.tokens.add(token('foreign', { service: 'other' }));
    await store.tokens.markUsed(token('used').id, noon + 7, 'p1');
    await store.revocations.add(revocation({ token: token('revoked').id }));
    const list = async (filter: { room?: typeof room; user?: string; state?: TokenState } = {}) =>
      (await store.tokens.list({ service, ...filter }, page, noon)).items.map(({ id }) => String(id));
    assert.deepEqual(await list(), ['issued', 'used', 'revoked', 'expired']);
    for (const state of ['issued', 'used', 'revoked', 'expired'] as const) {
      assert.deepEqual(await list({ state }), [state]);
    }
    assert.deepEqual(await list({ room: roomId('hall') }), ['revoked']);
    assert.deepEqual(await list({ user: 'bob' }), ['used']);
  });

  it('remember their first use', async () => {
    const store = await database.open();
    await store.tokens.add(token('t'));
    await store.tokens.markUsed(token('t').id, noon + 1, 'p1');
    await store.tokens.markUsed(token('t').id, noon + 2, 'p2');
    await store.tokens.markUsed(token('unknown').id, noon + 2, 'p2');
    assert.deepEqual(await store.tokens.get(token('t').id, service), {
      ...token('t'),
      usedAt: noon + 1,
      participant: 'p1',
    });
    assert.equal(await store.tokens.get(token('t').id, 'other'), undefined);
    assert.equal(await store.tokens.get(token('unknown').id, service), undefined);
  });

  it('refuse a position that is none', async () => {
    const store = await database.open();
    const bad = { code: 'bad_request', details: { field: 'after' } };
    for (const after of ['x', '1', `${'9'.repeat(20)}.a`]) {
      await assert.rejects(store.tokens.list({ service }, { limit: 1, after }, noon), bad);
    }
    await assert.rejects(store.audit.list({}, { limit: 1, after: '-1' }), bad);
  });

  it('keep texts of any script, quotes and marks', async () => {
    const store = await database.open();
    const user = `O'Brien "?" $1 — 日本 \u{1F600} %_\\`;
    await store.tokens.add(token('t', { user }));
    assert.equal((await store.tokens.get(token('t').id, service))?.user, user);
  });

  it('do not fail because one that arrived with them cannot be stored', async () => {
    const store = await database.open();
    const good = Array.from({ length: 20 }, (_, n) => token(`g${String(n)}`));
    const bad = token('bad', { user: 'a\u0000b' });
    const outcomes = await Promise.allSettled(
      [...good.slice(0, 10), bad, ...good.slice(10)].map((one) => store.tokens.add(one)),
    );
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    // SQLite takes U+0000, PostgreSQL does not.
    assert.equal(failed.length, database.engine === 'postgres' ? 1 : 0);
    if (outcomes[10]?.status === 'rejected')
      assert.equal((outcomes[10].reason as { code: string }).code, 'bad_request');
    for (const { id } of good) assert.ok(await store.tokens.get(id, service));
  });
});

onBothEngines('revocations', (database) => {
  it('concern the tokens of a user issued until then that could still join', async () => {
    const store = await database.open();
    await store.tokens.add(token('before', { issuedAt: noon }));
    await store.tokens.add(token('same-moment', { issuedAt: noon + 500 }));
    await store.tokens.add(token('after', { issuedAt: noon + 501 }));
    await store.tokens.add(token('over', { issuedAt: noon - 9_000, expiresAt: noon }));
    await store.tokens.add(token('bob', { user: 'bob' }));
    await store.tokens.add(token('foreign', { service: 'other' }));
    await store.revocations.add(revocation({ user: 'ann' }));
    const revoked = await store.tokens.list({ service, state: 'revoked' }, page, noon);
    assert.deepEqual(revoked.items.map(({ id }) => String(id)).sort(), ['before', 'same-moment']);
    assert.equal(revoked.items[0]?.revokedAt, noon + 500);
    assert.equal((await store.tokens.get(token('foreign').id, 'other'))?.revokedAt, undefined);
  });

  it('are told for the rooms that they concern until they are over', async () => {
    const store = await database.open();
    await store.tokens.add(token('here'));
    await store.tokens.add(token('there', { room: roomId('hall') }));
    const all: Revocation[] = [
      revocation({ id: '1-room', room }),
      revocation({ id: '2-other-room', room: roomId('hall') }),
      revocation({ id: '3-user', user: 'ann' }),
      revocation({ id: '4-user-other-room', user: 'ann', room: roomId('hall') }),
      revocation({ id: '5-token', token: token('here').id }),
      revocation({ id: '6-token-of-other-room', token: token('there').id }),
      revocation({ id: '7-token-minted-elsewhere', token: token('unknown').id }),
      revocation({ id: '8-over', user: 'ann', until: noon + 600 }),
    ];
    for (const one of all) await store.revocations.add(one);
    const concerned = (await store.revocations.of(room, noon + 700)).map(({ id }) => id.slice(0, 1));
    assert.deepEqual(concerned, ['1', '3', '5', '7']);
    assert.deepEqual(await store.revocations.list(service, noon + 700), all.slice(0, 7));
    assert.deepEqual(await store.revocations.list('other', noon), []);
  });
});
