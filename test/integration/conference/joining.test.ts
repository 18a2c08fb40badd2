import assert from 'node:assert/strict';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster } from './cluster.ts';
import { codeOf, heard, must, Stage } from './stage.ts';

describe('joining a room', () => {
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (rooms: Record<string, unknown> = {}, options: Parameters<typeof Stage.set>[1] = {}) => {
    cluster = new TestCluster(localBuses(), testConfig({ rooms }));
    stage = await Stage.set(cluster, options);
  };
  afterEach(() => cluster.stop());

  it('tells those who are there, and nobody twice', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    const bob = await stage.join({ user: 'bob', role: 'viewer' });
    const told = await stage.hears(alice, 'participant');
    assert.deepEqual(told, { action: 'join', data: { id: bob.id, user: 'bob', role: 'viewer' } });
    assert.deepEqual(
      bob.joined.room.participants.map(({ user }) => user),
      ['alice', 'bob'],
    );
    await stage.leave(alice);
    const gone = await stage.hears(bob, 'participant');
    assert.deepEqual(gone, { action: 'leave', data: alice.id, reason: 'left' });
    assert.equal(heard(bob, 'participant').length, 1);
  });

  it('tells nobody when the room is configured so', async () => {
    await set({ default: { notify_participants: false } });
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.say(bob, { to: 'all', message: 'hello' });
    await stage.hears(alice, 'text');
    assert.deepEqual(heard(alice, 'participant'), []);
  });

  it('gives the permission of the role', async () => {
    await set();
    const viewer = await stage.join({ role: 'viewer' });
    assert.deepEqual(viewer.joined.permission, {
      publish: { audio: false, video: false },
      subscribe: { audio: true, video: true },
    });
    assert.equal(await codeOf(stage.join({ role: 'emperor' })), 'role_unknown');
  });

  it('stops at the limit, also when all come at once', async () => {
    await set({ default: { participant_limit: 3 } });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => codeOf(stage.join())));
    assert.equal(outcomes.filter((code) => code === 'ok').length, 3);
    assert.equal(outcomes.filter((code) => code === 'room_full').length, 5);
    const first = must([...stage.portalAt(0).participants.keys()][0]);
    await stage.portalAt(0).leave(stage.room, first);
    assert.equal(await codeOf(stage.join()), 'ok');
  });

  it('does not count one who is arriving twice', async () => {
    await set({ default: { participant_limit: 2 } });
    const joins = await Promise.all([codeOf(stage.join()), codeOf(stage.join({ transports: [] }))]);
    assert.deepEqual(joins, ['ok', 'ok']);
  });

  it('spreads those who come at once over the agents', async () => {
    await set({ placement: 'spread' }, { accesses: 2 });
    await Promise.all(Array.from({ length: 6 }, () => stage.join()));
    assert.deepEqual(
      stage.accesses.map(({ service }) => service.seats.size),
      [3, 3],
    );
  });

  it('keeps a room together on one agent', async () => {
    await set({ placement: 'pack' }, { accesses: 2 });
    await Promise.all(Array.from({ length: 6 }, () => stage.join()));
    assert.deepEqual(stage.accesses.map(({ service }) => service.seats.size).toSorted(), [0, 6]);
  });

  it('goes to another agent when one has no room, and names the failure when there is no other', async () => {
    await set({ placement: 'pack' }, { accesses: 2 });
    const full = new PorticoError('resource_exhausted', 'full');
    for (const { service } of stage.accesses) service.fail('participant.open', full);
    assert.equal(await codeOf(stage.join({ token: 'again' })), 'resource_exhausted');
    stage.accessAt(0).fail('participant.open', new PorticoError('worker_lost', 'died'));
    // The token of a join that failed is as good as before.
    const alice = await stage.join({ token: 'again' });
    assert.ok(stage.accessOf(alice).service.seats.has(alice.id));
    await until(() => stage.accesses.reduce((sum, { service }) => sum + service.seats.size, 0) === 1);
  });

  it('fails when no access agent is there', async () => {
    await set({}, { accesses: 0 });
    assert.equal(await codeOf(stage.join()), 'resource_exhausted');
    assert.equal(await codeOf(stage.join({ transports: [] })), 'ok');
  });

  describe('with a token that was used', () => {
    it('is refused, also after the participant has left', async () => {
      await set();
      const alice = await stage.join({ token: 't' });
      assert.equal(await codeOf(stage.join({ token: 't' })), 'token_used');
      assert.equal(await codeOf(stage.join({ token: 't', requestId: 'request-1' })), 'token_used');
      await stage.leave(alice);
      assert.equal(await codeOf(stage.join({ token: 't' })), 'token_used');
    });

    it('lets only one of many in that come at once', async () => {
      await set();
      const joins = Array.from({ length: 5 }, () => codeOf(stage.join({ token: 't' })));
      const outcomes = await Promise.all(joins);
      assert.equal(outcomes.filter((code) => code === 'ok').length, 1);
      assert.equal(outcomes.filter((code) => code === 'token_used').length, 4);
    });

    it('gives the first result again to the same request', async () => {
      await set();
      const first = await stage.join({ token: 't', requestId: 'request-1', user: 'alice' });
      const second = await stage.join({ token: 't', requestId: 'request-1', user: 'alice' });
      assert.equal(second.id, first.id);
      assert.equal(second.joined.record.joinedAt, first.joined.record.joinedAt);
      assert.deepEqual(second.joined.media, first.joined.media);
      assert.equal(second.joined.room.participants.length, 1);
      assert.equal(await codeOf(stage.join({ token: 't', requestId: 'request-2' })), 'token_used');
    });

    it('gives one result to the same request many times at once', async () => {
      await set();
      const join = { token: 't', requestId: 'request-1' };
      const guests = await Promise.all(Array.from({ length: 5 }, () => stage.join(join)));
      assert.equal(new Set(guests.map(({ id }) => id)).size, 1);
      assert.equal(stage.access.asked('participant.open').length, 1);
    });

    it('refuses the same request when its participant has left', async () => {
      await set();
      const alice = await stage.join({ token: 't', requestId: 'request-1' });
      await stage.leave(alice);
      assert.equal(await codeOf(stage.join({ token: 't', requestId: 'request-1' })), 'token_used');
    });

    it('moves the participant to the portal at which it repeats the request', async () => {
      await set({}, { portals: 2 });
      const join = { token: 't', requestId: 'request-1' };
      const before = await stage.join(join, 0);
      const after = await stage.join(join, 1);
      assert.equal(after.id, before.id);
      // The first portal notices only now that its client is gone, and a request of it comes late.
      await stage.say(before, { to: 'all', message: 'late' });
      await stage.leave(before);
      await stage.say(after, { to: 'all', message: 'still here' });
      await stage.hears(after, 'text', ({ message }) => message === 'still here');
      assert.equal((await stage.look()).participants.length, 2);
    });
  });

  describe('by somebody who goes away meanwhile', () => {
    const leaveOf = (id: ParticipantId, portal = 0) => {
      const by = { participant: id, portal: stage.portalAt(portal).id };
      return stage.portalAt(portal).call(stage.room, 'leave', { by, reason: 'join_failed' });
    };

    it('leaves nothing behind, and the token stays good', async () => {
      await set();
      const alice = await stage.join();
      const opened = stage.access.hold('participant.open');
      const joining = codeOf(stage.join({ id: 'bob', token: 't' }));
      await opened.arrived;
      await leaveOf(ParticipantId.parse('bob'));
      opened.release();
      assert.equal(await joining, 'participant_not_found');
      assert.deepEqual([...stage.access.seats.keys()], [alice.id]);
      assert.equal(await metric(must(stage.conferences[0]), 'portico_participants'), 1);
      assert.equal(await codeOf(stage.join({ token: 't' })), 'ok');
    });

    it('lets it in when it has come back by another portal before that', async () => {
      await set({}, { portals: 2 });
      await stage.join();
      const opened = stage.access.hold('participant.open');
      const join = { id: 'bob', token: 't', requestId: 'request-1' };
      const first = stage.join(join, 0);
      await opened.arrived;
      const second = stage.join({ ...join, id: 'bob-again' }, 1);
      // The same lane as the second join: it is known by the time this is answered.
      await leaveOf(ParticipantId.parse('nobody'), 1);
      await leaveOf(ParticipantId.parse('bob'), 0);
      opened.release();
      assert.equal((await second).id, 'bob');
      await first;
      const bob = await second;
      await stage.say(bob, { to: 'all', message: 'hello' });
      await stage.hears(bob, 'text');
    });

    it('lets it in when it comes back after its goodbye', async () => {
      await set({}, { portals: 2 });
      const opened = stage.access.hold('participant.open');
      const join = { id: 'bob', token: 't', requestId: 'request-1' };
      const first = stage.join(join, 0);
      await opened.arrived;
      await leaveOf(ParticipantId.parse('bob'), 0);
      const second = stage.join({ ...join, id: 'bob-again' }, 1);
      // The same lane as the second join: that one is known by the time this is answered.
      await leaveOf(ParticipantId.parse('nobody'), 1);
      opened.release();
      const [{ id }] = await Promise.all([second, first]);
      assert.equal(id, 'bob');
      assert.deepEqual([...stage.access.seats.keys()], ['bob']);
    });

    it('leaves nothing behind when its portal is gone', async () => {
      await set({}, { portals: 2 });
      const alice = await stage.join();
      const opened = stage.access.hold('participant.open');
      const joining = codeOf(stage.join({ id: 'bob' }, 1));
      await opened.arrived;
      const conference = must(stage.conferences[0]).context.membership;
      await must(stage.portals[1]).kill();
      await until(() => conference.get(stage.portalAt(1).id) === undefined);
      opened.release();
      await joining;
      await until(() => stage.access.seats.size === 1);
      assert.deepEqual(
        (await stage.look()).participants.map(({ id }) => id).filter((id) => id === 'bob'),
        [],
      );
      assert.equal(alice.portal.participants.size, 1);
    });
  });
});
