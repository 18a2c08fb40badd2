import assert from 'node:assert/strict';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { onBothEngines } from './engines.ts';
import { bearer, mauth, otherService, superService } from './stage.ts';

const operator = superService;
const wrongKey = { id: operator.id, key: 'x'.repeat(40) };

onBothEngines('management REST: who may call', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    return started;
  });
  const call = (authorization: string, path = '/v1/rooms') =>
    stage().request<Problem>('GET', path, { authorization });
  const refused = async (authorization: string, why: RegExp) => {
    const answer = await call(authorization);
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.body.error.code, 1101);
    assert.match(answer.body.detail, why);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^MAuth realm=/);
  };

  it('accepts MAuth with and without a user, once', async () => {
    const plain = mauth(operator);
    assert.equal((await call(plain)).status, 200);
    await refused(plain, /used before/);
    assert.equal((await call(mauth(operator, { user: 'Zoë', role: 'presenter' }))).status, 200);
  });

  it('refuses a signature that another process of the API has already seen', async () => {
    const header = mauth(operator);
    const signature = /mauth_signature=([^,]+)/.exec(header)?.[1] ?? '';
    assert.notEqual(signature, '');
    // The same store serves both, so it is enough that one of them took it.
    const second = await Promise.all([call(header), call(header)]);
    assert.deepEqual(second.map(({ status }) => status).sort(), [200, 401]);
  });

  it('refuses MAuth that is too old, too new, of a wrong key or of nobody', async () => {
    await refused(mauth(operator, { at: Date.now() - 300_500 }), /timestamp/);
    await refused(mauth(operator, { at: Date.now() + 300_500 }), /timestamp/);
    await refused(mauth(wrongKey), /signature does not match/);
    await refused(mauth({ id: 'nobody', key: operator.key }), /signature does not match/);
  });

  it('accepts a JWT any number of times until it expires', async () => {
    const header = bearer(operator);
    for (let n = 0; n < 3; n++) assert.equal((await call(header)).status, 200);
    await refused(bearer(operator, { exp: Math.floor(Date.now() / 1000) - 61 }), /expired/);
    await refused(bearer(wrongKey), /signature does not match/);
    await refused(bearer(operator, { aud: 'portico' }), /audience/);
  });

  it('refuses what is no signature at all', async () => {
    await refused('', /needs an Authorization header/);
    for (const header of [
      'Basic YTpi',
      'MAuth',
      'Bearer',
      'Bearer x',
      'MAuth x',
      `Bearer ${'x'.repeat(9_000)}`,
    ]) {
      await refused(header, /./);
    }
  });

  it('forgets a service with its key as soon as it is deleted', async () => {
    const fleeting = { id: 'fleeting', key: 'k'.repeat(32) };
    const body = { name: 'fleeting', ...fleeting };
    assert.equal((await stage().request('POST', '/services', { body })).status, 200);
    assert.equal((await call(bearer(fleeting))).status, 200);
    assert.equal((await stage().request('DELETE', '/services/fleeting')).text, 'Service deleted');
    await refused(bearer(fleeting), /signature does not match/);
  });

  it('refuses the old key of a service as soon as it has another', async () => {
    const old = { id: 'rotating', key: 'o'.repeat(32) };
    await stage().request('POST', '/services', { body: { name: 'rotating', ...old } });
    assert.equal((await call(bearer(old))).status, 200);
    const { body } = await stage().request<{ key: string }>('POST', '/v1/services/rotating/key');
    assert.match(body.key, /^[0-9a-f]{64}$/);
    await refused(bearer(old), /signature does not match/);
    assert.equal((await call(bearer({ id: old.id, key: body.key }))).status, 200);
    assert.equal((await stage().request('POST', '/services/operator/key')).status, 403);
    assert.equal((await stage().request('POST', '/services/nobody/key')).status, 404);
  });

  it('lets only the super service manage services and see the cluster', async () => {
    for (const path of ['/services', '/v1/services/other-app', '/v1/cluster/nodes', '/v1.1/cluster/nodes']) {
      const theirs = await call(bearer(otherService), path);
      assert.deepEqual([theirs.status, theirs.body.error.code], [403, 1102], path);
      assert.equal((await call(bearer(operator), path)).status, 200, path);
    }
  });

  it('does not delete services of the configuration, nor make another of that name', async () => {
    assert.equal((await stage().request('DELETE', '/services/operator')).status, 403);
    const body = { name: 'x', id: 'operator' };
    assert.equal((await stage().request('POST', '/services', { body })).status, 409);
    assert.equal((await stage().request('DELETE', '/services/nobody')).status, 404);
  });

  it('shows the key of a new service once', async () => {
    const made = await stage().request<{ _id: string; key: string }>('POST', '/services', {
      body: { name: 'n' },
    });
    assert.match(made.body.key, /^[0-9a-f]{64}$/);
    const shown = await stage().request('GET', `/services/${made.body._id}`);
    assert.ok(!shown.text.includes(made.body.key));
    const list = await stage().request('GET', '/services');
    assert.ok(!list.text.includes(made.body.key) && !list.text.includes(operator.key));
  });
});

onBothEngines('management REST: limits', (start) => {
  const stage = useStoppable(() => start({ management: { failures_per_minute: 3, requests_per_minute: 5 } }));

  it('answers 429 to an address that guesses, and still serves who has a key', async () => {
    const guess = () => stage().request<Problem>('GET', '/v1/rooms', { authorization: bearer(wrongKey) });
    const answers = [await guess(), await guess(), await guess(), await guess()];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401, 429],
    );
    assert.ok(Number(answers[3]?.headers.get('retry-after')) > 0);
    assert.equal((await stage().request('GET', '/v1/rooms')).status, 200);
  });

  it('answers 429 to a service that asks too often', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push((await stage().request('GET', '/v1/rooms')).status);
    assert.equal(statuses.at(-1), 429);
  });
});
