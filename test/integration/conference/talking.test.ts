import assert from 'node:assert/strict';
import { ParticipantId } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, TestCluster, type LocalBuses } from './cluster.ts';
import { codeOf, heard, must, Stage, streamId } from './stage.ts';

describe('texts', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    buses = localBuses();
    cluster = new TestCluster(buses);
    stage = await Stage.set(cluster, { portals: 2 });
  });
  afterEach(() => cluster.stop());

  it('to all reach everybody at all portals, the sender included', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    await stage.say(alice, { to: 'all', message: { hello: ['world', 1] }, id: 'm1' });
    const expected = { from: alice.id, to: 'all', message: { hello: ['world', 1] }, id: 'm1' };
    assert.deepEqual(await stage.hears(alice, 'text'), expected);
    assert.deepEqual(await stage.hears(bob, 'text'), expected);
  });

  it('to one reach that one alone', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    const carol = await stage.join({}, 1);
    await stage.say(alice, { to: bob.id, message: 'psst' });
    await stage.say(alice, { to: 'all', message: 'end' });
    for (const guest of [alice, bob, carol])
      await stage.hears(guest, 'text', ({ message }) => message === 'end');
    assert.deepEqual(
      heard(bob, 'text').map(({ to, message }) => [to, message]),
      [
        ['me', 'psst'],
        ['all', 'end'],
      ],
    );
    assert.deepEqual(
      [...heard(alice, 'text'), ...heard(carol, 'text')].map(({ message }) => message),
      ['end', 'end'],
    );
  });

  it('are delivered once when they are repeated, per sender', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    const text = { to: 'all' as const, message: 'hello', id: 'm1' };
    await Promise.all([stage.say(alice, text), stage.say(alice, text), stage.say(bob, text)]);
    await stage.say(alice, text);
    await stage.say(alice, { to: 'all', message: 'end' });
    await stage.hears(bob, 'text', ({ message }) => message === 'end');
    assert.equal(heard(bob, 'text').filter(({ message }) => message === 'hello').length, 2);
  });

  it('to somebody who is not there fail, and a repetition of one that was delivered does not', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    const nobody = ParticipantId.parse('nobody');
    assert.equal(await codeOf(stage.say(alice, { to: nobody, message: 'hello' })), 'participant_not_found');
    const text = { to: bob.id, message: 'hello', id: 'm1' };
    await stage.say(alice, text);
    await stage.leave(bob);
    assert.equal(await codeOf(stage.say(alice, text)), 'ok');
    assert.equal(await codeOf(stage.say(alice, { ...text, id: 'm2' })), 'participant_not_found');
  });

  it('of one sender keep their order', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    const numbers = Array.from({ length: 500 }, (_, n) => n);
    await Promise.all(numbers.map((message) => stage.say(alice, { to: 'all', message })));
    await stage.hears(bob, 'text', ({ message }) => message === 499);
    assert.deepEqual(
      heard(bob, 'text').map(({ message }) => message),
      numbers,
    );
  });

  it('reach a portal whose connection was broken for a moment', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    const { name, context } = must(stage.portals[1]);
    buses.sever(name);
    assert.notEqual(context.bus.state, 'up');
    await stage.say(alice, { to: 'all', message: 'are you there?' });
    await stage.hears(bob, 'text');
    assert.equal((await stage.look()).participants.length, 3);
  });
});

describe('who speaks', () => {
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster);
  });
  afterEach(() => cluster.stop());

  it('is told to all when it changes, and when a speaker leaves', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    const { access, room } = stage;
    const report = { agent: access.id, router: access.router };
    const speakers = [
      { id: alice.id, volume: -20 },
      { id: bob.id, volume: -30 },
    ];
    await access.report(room, 'speaking', { ...report, participants: speakers, dominant: alice.id });
    await access.report(room, 'speaking', { ...report, participants: speakers, dominant: alice.id });
    assert.deepEqual(await stage.hears(bob, 'speaking'), {
      participants: [alice.id, bob.id],
      dominant: alice.id,
    });
    await stage.leave(alice);
    const next = await stage.hears(bob, 'speaking', ({ dominant }) => dominant === bob.id);
    assert.deepEqual(next.participants, [bob.id]);
    assert.equal(heard(bob, 'speaking').length, 2);
  });
});

describe('removing a participant', () => {
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster, { portals: 2 });
  });
  afterEach(() => cluster.stop());

  it('closes its media before it is acknowledged, tells its portal and all others', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    await stage.publish(bob, 's1');
    const closed = stage.access.hold('participant.close');
    let acknowledged = false;
    const dropping = alice.portal.request(stage.room, alice.id, 'drop', { id: bob.id }).then(() => {
      acknowledged = true;
    });
    await closed.arrived;
    assert.equal(acknowledged, false);
    assert.deepEqual(bob.portal.dropped, []);
    closed.release();
    await dropping;
    assert.deepEqual(stage.access.asked('participant.close').at(-1)?.['reason'], 'dropped');
    assert.deepEqual([...stage.access.seats.keys()], [alice.id]);
    assert.deepEqual(bob.portal.dropped, [{ participant: bob.id, reason: 'dropped' }]);
    const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
    assert.deepEqual(left, { action: 'leave', data: bob.id, reason: 'dropped' });
    await stage.hears(alice, 'stream', ({ status }) => status === 'remove');
    const again = { id: streamId('s1'), operation: 'pause' as const, data: 'av' as const };
    assert.equal(await codeOf(stage.control(bob, again)), 'participant_not_found');
  });

  it('is for moderators', async () => {
    const alice = await stage.join({ role: 'presenter' });
    const bob = await stage.join({ role: 'viewer' });
    assert.equal(await codeOf(bob.portal.request(stage.room, bob.id, 'drop', { id: alice.id })), 'forbidden');
    const nobody = ParticipantId.parse('nobody');
    const outcome = codeOf(alice.portal.request(stage.room, alice.id, 'drop', { id: nobody }));
    assert.equal(await outcome, 'participant_not_found');
  });

  it('works when its portal is gone', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    await must(stage.portals[1]).kill();
    assert.equal(await codeOf(alice.portal.request(stage.room, alice.id, 'drop', { id: bob.id })), 'ok');
    await until(async () => (await metric(must(stage.conferences[0]), 'portico_participants')) === 1);
  });
});
