import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { TokenId } from '../../../../common/contract/ids.ts';
import type { Revocation } from '../../../../common/contract/management.ts';
import { until } from '../../../support/until.ts';
import { localBuses, TestCluster } from '../cluster.ts';
import { codeOf, must, Stage } from '../stage.ts';

describe('tokens that are revoked', () => {
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (options: Parameters<typeof Stage.set>[1] = {}) => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster, { apis: 1, ...options });
  };
  afterEach(() => cluster.stop());

  const revocation = (what: Partial<Revocation>): Revocation => {
    const at = Date.now();
    return { id: randomUUID(), service: 'dev', at, until: at + 60_000, ...what };
  };
  const revoke = (what: Partial<Revocation>, conference = 0) =>
    stage.manage('tokens.revoke', { revocations: [revocation(what)] }, conference);
  const seconds = (ms: number) => Math.floor((Date.now() + ms) / 1000);

  it('join nobody any more', async () => {
    await set();
    assert.deepEqual(await revoke({ token: TokenId.parse('t1') }), { dropped: 0 });
    assert.equal(await codeOf(stage.join({ token: 't1' })), 'token_revoked');
    assert.equal(await codeOf(stage.join({ token: 't2' })), 'ok');
  });

  it('throw out whoever came in with one, and its ticket is void', async () => {
    await set();
    const alice = await stage.join({ user: 'alice', token: 't1' });
    await stage.join({ user: 'bob' });
    await stage.publish(alice, 's1');
    assert.deepEqual(await revoke({ token: TokenId.parse('t1') }), { dropped: 1 });
    assert.equal(stage.access.publications.size, 0);
    assert.deepEqual(alice.portal.dropped, [{ participant: alice.id, reason: 'dropped' }]);
    assert.equal(await codeOf(alice.portal.relogin(stage.room, alice.joined.record)), 'ticket_revoked');
    assert.equal(await codeOf(stage.join({ token: 't1' })), 'token_revoked');
  });

  it('of a user are those issued until then, by that service', async () => {
    await set();
    await stage.join({ user: 'alice' });
    await stage.join({ user: 'bob' });
    assert.deepEqual(await revoke({ user: 'alice', service: 'another' }), { dropped: 0 });
    assert.deepEqual(await revoke({ user: 'alice' }), { dropped: 1 });
    assert.equal(await codeOf(stage.join({ user: 'alice', iat: seconds(-10_000) })), 'token_revoked');
    assert.equal(await codeOf(stage.join({ user: 'alice', iat: seconds(1_000) })), 'ok');
  });

  it('of a room are all of it, and of no other', async () => {
    await set();
    await stage.join({ user: 'alice' });
    await stage.join({ user: 'bob' });
    const elsewhere = await Stage.set(cluster, { conferences: 0, accesses: 0, portals: 1 });
    const carol = await elsewhere.join({ user: 'carol' });
    assert.deepEqual(await revoke({ room: stage.room }), { dropped: 2 });
    assert.deepEqual(carol.portal.dropped, []);
    assert.equal(await codeOf(stage.join({ iat: seconds(-10_000) })), 'token_revoked');
  });

  it('let nobody in who was just on the way', async () => {
    await set();
    await stage.join({ user: 'bob' });
    const held = stage.access.hold('participant.open');
    const joining = codeOf(stage.join({ user: 'alice', token: 't1' }));
    await held.arrived;
    assert.deepEqual(await revoke({ token: TokenId.parse('t1') }), { dropped: 0 });
    held.release();
    assert.equal(await joining, 'token_revoked');
    assert.equal(stage.access.seats.size, 1);
  });

  it('are known to whoever takes a room over, also what was revoked in between', async () => {
    await set({ conferences: 2 });
    const alice = await stage.join({ user: 'alice', token: 't1' });
    const bob = await stage.join({ user: 'bob' });
    await stage.ownerOf(alice).kill();
    stage.api.revocations.push(revocation({ token: TokenId.parse('t1') }));
    await bob.portal.open(stage.room);
    await until(() => alice.portal.dropped.length > 0);
    assert.deepEqual(alice.portal.dropped, [{ participant: alice.id, reason: 'dropped' }]);
    assert.equal(must(stage.api.asked['room.lookup']) >= 2, true);
  });
});
