import assert from 'node:assert/strict';
import { PorticoError } from '../../../common/contract/errors.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster, type LocalBuses } from './cluster.ts';
import { codeOf, heard, must, Stage, streamId, subscriptionId, published } from './stage.ts';

describe('losing an access agent', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    buses = localBuses();
    cluster = new TestCluster(buses, testConfig({ rooms: { placement: 'spread' } }));
    stage = await Stage.set(cluster, { accesses: 2 });
  });
  afterEach(() => cluster.stop());

  const lostTransports = { reason: 'agent_lost', transports: true };

  /** Alice publishes at one agent, Bob receives at the other. */
  const call = async () => {
    const alice = await stage.join({ user: 'alice' });
    const bob = await stage.join({ user: 'bob' });
    await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
    return { alice, bob };
  };

  it('interrupts its streams; who does not publish again has them removed', async () => {
    const { alice, bob } = await call();
    await stage.accessOf(alice).kill();
    const progress = await stage.hears(alice, 'progress');
    assert.deepEqual(progress.data, lostTransports);
    const updates = await stage.hears(bob, 'stream', ({ status }) => status === 'update');
    assert.deepEqual(updates, {
      id: 's1',
      status: 'update',
      data: { field: 'status', value: 'interrupted' },
    });
    const ended = await stage.hears(bob, 'progress');
    assert.deepEqual([ended.id, ended.data], ['sub', { reason: 'source_interrupted', transports: false }]);
    assert.deepEqual(must(published(await stage.look())[0]).status, 'interrupted');
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub2')), 'stream_interrupted');
    const removed = await stage.hears(bob, 'stream', ({ status }) => status === 'remove');
    assert.deepEqual(removed, { id: 's1', status: 'remove', reason: 'agent_lost' });
    assert.equal((await stage.look()).participants.length, 3);
  });

  it('gives its streams back, muted as they were, when they are published again', async () => {
    const { alice, bob } = await call();
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'audio' });
    await stage.accessOf(alice).kill();
    await stage.hears(alice, 'progress');
    await stage.publish(alice, 's1');
    const back = await stage.hears(bob, 'stream', (event) => {
      return event.status === 'update' && event.data.field === '.';
    });
    assert.ok(back.status === 'update' && back.data.field === '.');
    assert.equal(back.data.value.status, 'active');
    assert.deepEqual(
      back.data.value.media.tracks.map(({ status }) => status),
      ['inactive', 'active'],
    );
    const holder = stage.holderOf('s1');
    assert.equal(holder.id, bob.joined.record.agent);
    assert.deepEqual(
      must(holder.publications.get(streamId('s1'))).tracks.map(({ paused }) => paused),
      [true, false],
    );
    await stage.subscribe(bob, 's1', 'sub');
    // Longer than an interrupted stream is waited for: another one that is not published again goes away.
    assert.deepEqual(
      heard(bob, 'stream').map(({ status }) => status),
      ['add', 'update', 'update', 'update'],
    );
  });

  it('starts from nothing when the next agent is lost before all tracks are back', async () => {
    const third = await cluster.access();
    stage.accesses.push(third);
    await cluster.acquainted(must(stage.conferences[0]), third);
    const { alice, bob } = await call();
    await stage.accessOf(alice).kill();
    await stage.hears(alice, 'progress');
    await stage.register(alice, 's1');
    const second = must(stage.accesses.find(({ service }) => service === stage.holderOf('s1')));
    await second.service.produce(stage.room, streamId('s1'), 'audio');
    await second.kill();
    await until(() => heard(alice, 'progress').length === 2);
    await stage.register(alice, 's1');
    await stage.holderOf('s1').produce(stage.room, streamId('s1'), 'video');
    assert.equal(must(published(await stage.look())[0]).status, 'interrupted');
    await stage.holderOf('s1').produce(stage.room, streamId('s1'), 'audio');
    assert.equal(must(published(await stage.look())[0]).status, 'active');
    assert.equal(bob.portal.participants.size, 2);
  });

  it('ends calls that wait for it: a join goes to another agent at once', async () => {
    await stage.join();
    const before = performance.now();
    const held = stage.accesses.map(({ service }) => service.hold('participant.open'));
    const joining = stage.join();
    await Promise.race(held.map(({ arrived }) => arrived));
    const asked = await until(() => stage.accesses.find(({ service }) => service.seats.size === 0));
    for (const { release } of held) release();
    await asked.kill();
    const bob = await joining;
    assert.notEqual(bob.joined.record.agent, asked.service.id);
    // Far below the deadline of the call.
    assert.ok(performance.now() - before < 3_000);
  });

  it('is told once to each, and only to those it concerns', async () => {
    const { alice, bob } = await call();
    await stage.accessOf(alice).kill();
    await stage.hears(bob, 'stream', ({ status }) => status === 'remove');
    assert.equal(heard(alice, 'progress').length, 1);
    assert.equal(heard(bob, 'progress').length, 1);
  });

  it('that only lost its connection for a moment loses nothing', async () => {
    const { alice, bob } = await call();
    const { name, context, service } = stage.accessOf(alice);
    buses.sever(name);
    assert.notEqual(context.bus.state, 'up');
    // A call that arrives while it is away succeeds when it is back.
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'audio' });
    assert.ok(service.seats.has(alice.id));
    assert.deepEqual(heard(alice, 'progress'), []);
    assert.deepEqual(heard(bob, 'progress'), []);
  });

  it('that comes back after it was given up closes what it still held', async () => {
    const { alice } = await call();
    const agent = stage.accessOf(alice);
    const { membership } = must(stage.conferences[0]).context;
    buses.broker.stop();
    buses.broker.start();
    await cluster.acquainted(must(stage.conferences[0]), agent);
    // As if its silence had lasted.
    const [member] = [must(membership.get(agent.service.id))];
    membership.emit('left', member, 'silent');
    await stage.hears(alice, 'progress');
    await until(() => agent.service.seats.size === 0);
    assert.equal(agent.service.publications.size, 0);
    const made = await alice.portal.request(stage.room, alice.id, 'createWebRtcTransport', {
      direction: 'send',
    });
    assert.ok(
      must(stage.accesses.find(({ service }) => service.id === made.agent)).service.seats.has(alice.id),
    );
  });

  it('that comes back and is used again closes what it still held before', async () => {
    await must(stage.accesses[1]).stop();
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const agent = stage.accessOf(alice);
    const conference = must(stage.conferences[0]);
    const [member] = [must(conference.context.membership.get(agent.service.id))];
    conference.context.membership.emit('left', member, 'silent');
    await stage.hears(alice, 'progress');
    await cluster.acquainted(conference, agent);
    await stage.publish(alice, 's1');
    const asked = agent.service.calls
      .map(({ method }) => method)
      .filter((method) => /open|close/.test(method));
    assert.deepEqual(asked, [
      'participant.open',
      'publication.open',
      'participant.close',
      'participant.open',
      'publication.open',
    ]);
  });

  it('is not what its own "unavailable" means', async () => {
    const { alice } = await call();
    const bob = await stage.join();
    const at = stage.accessOf(bob).service;
    for (let n = 0; n < 2; n += 1) at.fail('subscription.open', new PorticoError('unavailable', 'no pipe'));
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub-2')), 'worker_lost');
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub-2')), 'ok');
    assert.deepEqual([...heard(alice, 'progress'), ...heard(bob, 'progress')], []);
  });

  it('gives its participants a seat elsewhere', async () => {
    const { alice } = await call();
    await stage.accessOf(alice).kill();
    await stage.hears(alice, 'progress');
    const made = await alice.portal.request(stage.room, alice.id, 'createWebRtcTransport', {
      direction: 'recv',
    });
    assert.notEqual(made.agent, alice.joined.record.agent);
    assert.equal(made.transport.id, `${alice.id}-recv`);
  });

  it('that says goodbye is as good as dead', async () => {
    const { alice } = await call();
    await stage.accessOf(alice).stop();
    const progress = await stage.hears(alice, 'progress');
    assert.deepEqual(progress.data, lostTransports);
  });
});

describe('what an agent reports', () => {
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster);
  });
  afterEach(() => cluster.stop());

  it('of a dead worker reaches those who sat there, and their streams come back', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    await stage.publish(bob, 's2');
    await stage.subscribe(alice, 's2', 'sub');
    await stage.access.end(
      stage.room,
      { seats: [alice.id], publications: [streamId('s1')], subscriptions: [subscriptionId('sub')] },
      'worker_died',
    );
    const progress = await stage.hears(alice, 'progress');
    assert.deepEqual(progress.data, { reason: 'worker_died', transports: true });
    assert.equal(heard(alice, 'progress').length, 1);
    assert.deepEqual(heard(bob, 'progress'), []);
    await stage.publish(alice, 's1');
    assert.deepEqual(
      published(await stage.look()).map(({ id, status }) => [id, status]),
      [
        ['s1', 'active'],
        ['s2', 'active'],
      ],
    );
    assert.equal(await metric(must(stage.conferences[0]), 'portico_subscriptions'), 0);
  });

  it('of a single ended publication interrupts that one, or ends it when it was meant', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    await stage.publish(alice, 's2');
    await stage.access.end(stage.room, { publications: [streamId('s1')] }, 'transport_closed');
    await stage.hears(bob, 'stream', (event) => event.status === 'update' && event.id === 's1');
    await stage.access.end(stage.room, { publications: [streamId('s2')] }, 'track_ended');
    const removed = await stage.hears(
      bob,
      'stream',
      (event) => event.status === 'remove' && event.id === 's2',
    );
    assert.deepEqual(removed, { id: 's2', status: 'remove', reason: 'track_ended' });
  });

  it('of an ended subscription reaches its participant', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
    await stage.access.end(stage.room, { subscriptions: [subscriptionId('sub')] }, 'source_ended');
    const progress = await stage.hears(bob, 'progress');
    assert.deepEqual(progress, {
      id: 'sub',
      sessionId: 'sub',
      status: 'error',
      data: { reason: 'source_ended', transports: false },
    });
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub')), 'ok');
  });

  it('comes too late for what has moved on', async () => {
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const before = must(stage.access.publications.get(streamId('s1')));
    const track = { ...must(before.tracks[0]) };
    await stage.access.end(stage.room, { publications: [streamId('s1')] }, 'worker_died');
    assert.equal(await codeOf(stage.access.reportTrack(stage.room, before, track)), 'stream_not_found');
    assert.equal(must(published(await stage.look())[0]).status, 'interrupted');
  });
});

describe('losing a portal', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    buses = localBuses();
    cluster = new TestCluster(buses);
    stage = await Stage.set(cluster, { portals: 2 });
  });
  afterEach(() => cluster.stop());

  it('takes participants who do not come back out of the room, and their media with them', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    await stage.publish(bob, 's1');
    await must(stage.portals[1]).kill();
    const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
    assert.deepEqual(left, { action: 'leave', data: bob.id, reason: 'reconnect_timeout' });
    await stage.hears(alice, 'stream', ({ status }) => status === 'remove');
    await until(() => stage.access.seats.size === 1);
  });

  it('that comes back in time takes nobody out, and misses nothing', async () => {
    const alice = await stage.join({}, 0);
    const bob = await stage.join({}, 1);
    buses.sever(must(stage.portals[1]).name);
    await stage.publish(alice, 's1');
    await stage.hears(bob, 'stream', ({ status }) => status === 'add');
    assert.equal((await stage.look()).participants.length, 3);
  });

  it('closes a room in which nobody else is', async () => {
    await stage.join({}, 1);
    await must(stage.portals[1]).kill();
    await until(async () => (await metric(must(stage.conferences[0]), 'portico_rooms')) === 0);
    assert.equal(stage.access.seats.size, 0);
  });
});
