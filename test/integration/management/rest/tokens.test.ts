import assert from 'node:assert/strict';
import { signingKey } from '../../../../common/auth/keys.ts';
import { verifyToken } from '../../../../common/auth/verify.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { RevocationResult } from '../../../../management-api/schemas/revocations.ts';
import type { IssuedToken, Token } from '../../../../management-api/schemas/tokens.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { until } from '../../../support/until.ts';
import { startPortal } from './cluster.ts';
import { onBothEngines } from './engines.ts';
import { bearer, mauth, otherService, superService, type RequestOptions } from './stage.ts';

const keys = {
  find: async (id: string) =>
    [superService, otherService]
      .filter((service) => service.id === id)
      .map((s) => signingKey(s.id, s.key))[0],
};

onBothEngines('management REST: tokens', (start) => {
  const stage = useStoppable(async () => {
    const started = await start({ rooms: { only_configured: true, room: [{ id: 'filed' }] } });
    await started.addOther();
    await started.request('POST', '/v1/rooms', { body: { name: 'theirs', id: 'theirs' }, as: otherService });
    await started.request('POST', '/v1/rooms', { body: { name: 'ours', id: 'ours' } });
    return started;
  });
  const ask = <T = string>(body: unknown, options: RequestOptions & { room?: string } = {}) =>
    stage().request<T>('POST', `/v1/rooms/${options.room ?? 'ours'}/tokens`, { body, ...options });
  const json = { accept: 'application/json' };

  it('answers with the bare token, which a portal accepts', async () => {
    const { body, headers } = await ask({
      user: 'ann',
      role: 'presenter',
      preference: { isp: 'isp', region: 'r' },
    });
    assert.match(headers.get('content-type') ?? '', /^text\/plain/);
    const claims = await verifyToken(body, keys);
    assert.deepEqual(
      [claims.room, claims.sub, claims.role, claims.host, claims.secure, claims.exp - claims.iat],
      ['ours', 'ann', 'presenter', 'portal.example:8443', true, 180],
    );
  });

  it('answers with all there is to know to those who accept JSON', async () => {
    const body = { user: 'ann', role: 'viewer', lifetime: 60, attributes: { seat: 3 } };
    const { body: issued } = await ask<IssuedToken>(body, { headers: json });
    const claims = await verifyToken(issued.token, keys);
    assert.deepEqual(claims.attributes, { seat: 3 });
    assert.equal(claims.jti, issued.id);
    assert.equal(issued.expiresAt, claims.exp * 1000);
    assert.equal(issued.url, 'https://portal.example:8443');
    const { body: list } = await stage().request<Token[]>('GET', '/v1/tokens?room=ours&user=ann');
    assert.deepEqual(
      list.slice(0, 1).map(({ id, user, state }) => ({ id, user, state })),
      [{ id: issued.id, user: 'ann', state: 'issued' }],
    );
  });

  it('takes user and role from the MAuth header, and bodies of forms', async () => {
    const authorization = mauth(superService, { user: 'Zoë', role: 'viewer' });
    const { body } = await ask(undefined, { authorization });
    assert.equal(typeof body, 'string', JSON.stringify(body));
    assert.equal((await verifyToken(body, keys)).sub, 'Zoë');
    const form = await ask('user=bob&role=viewer', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal((await verifyToken(form.body, keys)).sub, 'bob');
  });

  it('refuses users and roles that are not there', async () => {
    for (const body of [
      {},
      { user: 'ann' },
      { role: 'viewer' },
      { user: '', role: 'viewer' },
      { user: 'a', role: 'x' },
    ]) {
      const answer = await ask<Problem>(body);
      assert.deepEqual([answer.status, answer.body.detail], [400, 'Name or role not valid']);
      assert.deepEqual(answer.body.error, { code: 1201, message: 'Name or role not valid' });
    }
    for (const body of [{ lifetime: 0 }, { lifetime: 3_601 }, { attributes: { a: {} } }, { user: 7 }]) {
      assert.equal((await ask({ user: 'ann', role: 'viewer', ...body })).status, 400);
    }
  });

  it('signs for a room with the key of its service, also for the super service', async () => {
    const theirs = await ask({ user: 'a', role: 'viewer' }, { room: 'theirs' });
    assert.equal(
      (await verifyToken(theirs.body, { find: async () => signingKey('x', otherService.key) })).sub,
      'a',
    );
    assert.equal((await ask({ user: 'a', role: 'viewer' }, { as: otherService })).status, 404);
  });

  it('gives the super service tokens for rooms of the configuration', async () => {
    assert.equal((await ask({ user: 'a', role: 'viewer' }, { room: 'filed' })).status, 200);
    assert.equal((await ask({ user: 'a', role: 'viewer' }, { room: 'unfiled' })).status, 404);
  });

  it('sends clients to the portal that has least to do and does not drain', async () => {
    const idle = await startPortal(stage().broker, { url: 'http://idle.example:8080', load: 0.1 });
    const { membership } = stage().parts;
    await until(() => membership.members('portal').length === 2);
    const { body } = await ask<IssuedToken>({ user: 'a', role: 'viewer' }, { headers: json });
    assert.equal(body.url, 'http://idle.example:8080');
    assert.equal((await verifyToken(body.token, keys)).secure, false);
    await idle.membership.drain();
    await until(() => membership.get(idle.membership.id)?.draining);
    const { body: other } = await ask<IssuedToken>({ user: 'a', role: 'viewer' }, { headers: json });
    assert.equal(other.url, 'https://portal.example:8443');
    await idle.close();
  });

  it('repeats a token for the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'token-1' };
    const [first, second] = [
      await ask({ user: 'a', role: 'viewer' }, { headers }),
      await ask({ user: 'a', role: 'viewer' }, { headers }),
    ];
    assert.equal(first.body, second.body);
    assert.match(second.headers.get('content-type') ?? '', /^text\/plain/);
  });

  it('revokes a token by its id, and tells the agents', async () => {
    const { body: issued } = await ask<IssuedToken>({ user: 'eve', role: 'viewer' }, { headers: json });
    const path = `/v1/tokens/${issued.id}`;
    assert.equal((await stage().request('DELETE', path, { as: otherService })).status, 404);
    const { body } = await stage().request<RevocationResult>('DELETE', path);
    assert.deepEqual([body.token, body.room, body.dropped], [issued.id, 'ours', 1]);
    const told = stage().agent.revoked.at(-1);
    assert.deepEqual([told?.token, told?.service], [issued.id, superService.id]);
    const { body: list } = await stage().request<Token[]>('GET', '/v1/tokens?state=revoked&user=eve');
    assert.deepEqual(
      list.map(({ id }) => id),
      [issued.id],
    );
    const { body: revocations } = await stage().request<{ id: string }[]>('GET', '/v1/revocations');
    assert.ok(revocations.some(({ id }) => id === body.id));
  });

  it('revokes tokens of users and rooms, of the service that they belong to', async () => {
    const revoke = (body: object, as = superService) =>
      stage().request<RevocationResult & Problem>('POST', '/v1/revocations', { body, as });
    assert.equal((await revoke({ user: 'ann' })).body.service, superService.id);
    assert.equal((await revoke({ room: 'theirs' })).body.service, otherService.id);
    assert.equal((await revoke({ room: 'ours', user: 'ann' }, otherService)).status, 404);
    assert.equal((await revoke({ token: 'minted-elsewhere' })).body.field, 'room');
    assert.equal((await revoke({ token: 'minted-elsewhere', room: 'ours' })).status, 200);
    for (const body of [{}, { token: 't', user: 'u' }, { nobody: 1 }])
      assert.equal((await revoke(body)).status, 400);
  });
});

onBothEngines('management REST: tokens without portals', (start) => {
  const stage = useStoppable(() => start());

  it('answers 503 with 1301', async () => {
    await stage().request('POST', '/v1/rooms', { body: { name: 'ours', id: 'ours' } });
    await stage().portal.membership.close();
    await until(() => stage().parts.membership.members('portal').length === 0);
    const answer = await stage().request<Problem>('POST', '/v1/rooms/ours/tokens', {
      authorization: bearer(superService),
      body: { user: 'a', role: 'viewer' },
    });
    assert.deepEqual(
      [answer.status, answer.body.error],
      [503, { code: 1301, message: 'Failed to get portal' }],
    );
    assert.deepEqual((await stage().request('GET', '/v1/tokens')).body, []);
  });
});
