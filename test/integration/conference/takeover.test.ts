import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Caller } from '../../../common/bus/contract.ts';
import { accessContract } from '../../../common/contract/access.ts';
import { roomContract } from '../../../common/contract/conference.ts';
import { memberAddress, ParticipantId, roomAddress } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster, type LocalBuses } from './cluster.ts';
import { codeOf, heard, must, Stage, streamId, subscriptionId, published } from './stage.ts';

describe('taking a room over', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (
    options: Parameters<typeof Stage.set>[1] = {},
    config: Parameters<typeof testConfig>[0] = {},
  ) => {
    buses = localBuses();
    cluster = new TestCluster(buses, testConfig(config));
    stage = await Stage.set(cluster, { conferences: 2, accesses: 2, portals: 2, ...options });
  };
  afterEach(() => cluster.stop());

  /** Two people in a call, one muted, at two portals. */
  const call = async () => {
    const alice = await stage.join({ user: 'alice', token: 'alice', requestId: 'request-alice' }, 0);
    const bob = await stage.join({ user: 'bob', token: 'bob' }, 1);
    await stage.publish(alice, 's1');
    await stage.publish(bob, 's2');
    await stage.subscribe(alice, 's2', 'sub-a');
    await stage.subscribe(bob, 's1', 'sub-b');
    await stage.control(bob, { id: streamId('s2'), operation: 'pause', data: 'audio' });
    return { alice, bob };
  };

  it('tells everybody what the room is now, with a number beyond what they know', async () => {
    await set();
    const { alice, bob } = await call();
    await stage.ownerOf(alice).kill();
    await bob.portal.open(stage.room);
    for (const guest of [alice, bob]) {
      const room = await stage.hears(guest, 'room');
      assert.deepEqual(room.participants.map(({ user }) => user).toSorted(), ['alice', 'bob']);
      assert.deepEqual(
        published(room)
          .map(({ id }) => id)
          .toSorted(),
        ['s1', 's2'],
      );
    }
    const numbers = bob.portal.log.flatMap(({ owner, entry }) => {
      return entry.seq === null ? [] : [[owner.epoch, entry.seq] as const];
    });
    const sorted = numbers.toSorted(([a, m], [b, n]) => a - b || m - n);
    assert.deepEqual(numbers, sorted);
  });

  it('loses nothing that was acknowledged: mutes, chat, publications', async () => {
    await set();
    const { alice, bob } = await call();
    for (let round = 0; round < 2; round += 1) {
      const sends = Array.from({ length: 20 }, (_, n) =>
        stage.say(alice, { to: 'all', message: `${round}.${n}` }),
      );
      const killing = round === 0 ? stage.ownerOf(alice).kill() : Promise.resolve();
      await Promise.all([...sends, killing]);
    }
    const messages = Array.from({ length: 2 }, (_, round) =>
      Array.from({ length: 20 }, (__, n) => `${round}.${n}`),
    );
    for (const message of messages.flat()) {
      await stage.hears(bob, 'text', (text) => text.message === message);
    }
  });

  it('is what every portal may ask for at once: one owner comes of it', async () => {
    await set({ conferences: 3 });
    const { alice, bob } = await call();
    await stage.ownerOf(alice).kill();
    await Promise.all([
      stage.say(alice, { to: 'all', message: 1 }),
      stage.say(bob, { to: 'all', message: 2 }),
      stage.join({}, 0),
      stage.join({}, 1),
    ]);
    const rooms = await Promise.all(stage.conferences.map((process) => metric(process, 'portico_rooms')));
    assert.equal(
      rooms.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.deepEqual(alice.portal.owners.get(stage.room), bob.portal.owners.get(stage.room));
  });

  it('still knows who may do what', async () => {
    await set();
    const { alice, bob } = await call();
    const viewer = await stage.join({ role: 'viewer' });
    await stage.ownerOf(alice).kill();
    const pause = { id: streamId('s1'), operation: 'pause' as const, data: 'av' as const };
    assert.equal(await codeOf(stage.control(viewer, pause)), 'forbidden');
    assert.equal(await codeOf(stage.control(bob, pause)), 'ok');
    assert.equal(await codeOf(stage.control(bob, { ...pause, operation: 'play' })), 'forbidden');
    assert.equal(await codeOf(stage.register(viewer, 's3')), 'forbidden');
  });

  it('notices an agent that died together with the owner', async () => {
    await set({}, { rooms: { placement: 'spread' } });
    const { alice, bob } = await call();
    await Promise.all([stage.accessOf(alice).kill(), stage.ownerOf(alice).kill()]);
    await bob.portal.open(stage.room);
    const progress = await stage.hears(alice, 'progress');
    assert.deepEqual(progress.data, { reason: 'agent_lost', transports: true });
    // Its stream is gone with it; whoever received it is told.
    const room = await stage.hears(bob, 'room');
    assert.deepEqual(
      published(room).map(({ id }) => id),
      ['s2'],
    );
    const ended = await stage.hears(bob, 'progress');
    assert.deepEqual([ended.id, ended.data], ['sub-b', { reason: 'source_ended', transports: false }]);
    await stage.publish(alice, 's1');
    await stage.hears(bob, 'stream', (event) => event.status === 'add' && event.id === 's1');
  });

  it('takes out participants whose portal died together with the owner when they do not come back', async () => {
    await set();
    const { alice, bob } = await call();
    await Promise.all([must(stage.portals[1]).kill(), stage.ownerOf(alice).kill()]);
    await stage.say(alice, { to: 'all', message: 'anybody?' });
    await stage.hears(alice, 'room');
    await until(() => stage.accesses.every(({ service }) => !service.seats.has(bob.id)), {
      what: 'media of somebody who did not come back is closed',
    });
    const reasons = stage.accesses.flatMap(({ service }) => service.asked('participant.close'));
    assert.deepEqual(
      reasons.map(({ participant, reason }) => [participant, reason]),
      [[bob.id, 'participant_left']],
    );
    assert.deepEqual(
      published(await stage.look()).map(({ id }) => id),
      ['s1'],
    );
  });

  it('hears a portal that answers late, and closes nothing of its participants meanwhile', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50, orphan_ms: 400 } });
    const { alice, bob } = await call();
    const release = bob.portal.holdInventory();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    const first = await stage.hears(alice, 'room');
    assert.deepEqual(
      first.participants.map(({ user }) => user),
      ['alice'],
    );
    // Whoever speaks for a participant that is not known yet is heard first.
    const speaking = stage.say(bob, { to: 'all', message: 'me too' });
    release();
    await speaking;
    const second = await stage.hears(alice, 'room', ({ participants }) => participants.length === 2);
    assert.deepEqual(
      published(second)
        .map(({ id }) => id)
        .toSorted(),
      ['s1', 's2'],
    );
    await stage.hears(alice, 'text', ({ message }) => message === 'me too');
    assert.deepEqual(
      stage.accesses.flatMap(({ service }) => service.asked('participant.close')),
      [],
    );
  });

  it('does not bring back what ended while an answer was late', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50 } });
    const { alice, bob } = await call();
    const release = bob.portal.holdInventory();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    await alice.portal.request(stage.room, alice.id, 'unpublish', { id: streamId('s1') });
    await stage.holderOf('s2').end(stage.room, { publications: [streamId('s2')] }, 'track_ended');
    const leaving = stage.leave(bob);
    release();
    await leaving;
    const room = await stage.look();
    assert.deepEqual(room.participants.map(({ user }) => user).toSorted(), ['alice', 'onlooker']);
    assert.deepEqual(published(room), []);
  });

  it('does not bring back what an agent ended before anybody claimed it', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50 } });
    const { alice, bob } = await call();
    const release = bob.portal.holdInventory();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    await stage.holderOf('s2').end(stage.room, { publications: [streamId('s2')] }, 'track_ended');
    release();
    await stage.say(bob, { to: 'all', message: 'hello' });
    assert.deepEqual(
      published(await stage.look()).map(({ id }) => id),
      ['s1'],
    );
  });

  it('takes the report of an agent after what the agent said before', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50 } });
    const { alice } = await call();
    const holder = stage.holderOf('s2');
    const answer = holder.holdAnswer('room.inventory');
    await stage.ownerOf(alice).kill();
    const opening = stage.say(alice, { to: 'all', message: 'hello' });
    await answer.arrived;
    await opening;
    const ending = holder.end(stage.room, { publications: [streamId('s2')] }, 'track_ended');
    answer.release();
    await ending;
    const ids = published(await stage.look()).map(({ id }) => id);
    assert.ok(!ids.includes(streamId('s2')));
  });

  it('does not lose a track that is produced while nobody owns the room', async () => {
    await set();
    const { alice, bob } = await call();
    await stage.register(alice, 's3');
    await stage.ownerOf(alice).kill();
    const producing = stage.holderOf('s3').produce(stage.room, streamId('s3'));
    await bob.portal.open(stage.room);
    await producing;
    await until(async () => published(await stage.look()).some(({ id }) => id === 's3'));
  });

  it('tells a stream from the orphan of the same id that its publisher left behind', async () => {
    await set({}, { cluster: { orphan_ms: 2_000 } });
    const { alice, bob } = await call();
    // As if she had left while nobody owned the room.
    alice.portal.participants.delete(alice.id);
    await stage.ownerOf(alice).kill();
    await stage.say(bob, { to: 'all', message: 'hello' });
    const again = await stage.join({ user: 'alice' });
    await stage.publish(again, 's1');
    const streams = published(await stage.look()).map(({ id, info }) => [id, info.owner]);
    assert.deepEqual(streams.toSorted(), [
      ['s1', again.id],
      ['s2', bob.id],
    ]);
    assert.deepEqual(
      stage.accesses
        .flatMap(({ service }) => [...service.publications.values()])
        .map(({ id }) => id)
        .toSorted(),
      ['s1', 's2'],
    );
  });

  it('goes beyond an owner whose clock was ahead', async () => {
    await set();
    const { alice } = await call();
    const ahead = { epoch: Date.now() + 3_600_000, id: must(stage.accesses[0]).service.id };
    stage.accessAt(0).owners.accept(stage.room, ahead);
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    assert.ok(must(alice.portal.owners.get(stage.room)).epoch > ahead.epoch);
  });

  it('starts anew when a late answer names a newer owner', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50 } });
    const { alice, bob } = await call();
    const ahead = { epoch: Date.now() + 3_600_000, id: must(stage.accesses[0]).service.id };
    bob.portal.owners.accept(stage.room, ahead);
    const release = bob.portal.holdInventory();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    release();
    await until(async () => {
      await stage.say(alice, { to: 'all', message: 'again' });
      return must(alice.portal.owners.get(stage.room)).epoch > ahead.epoch;
    });
    await stage.say(bob, { to: 'all', message: 'me too' });
    assert.equal((await stage.look()).participants.length, 3);
  });
});

describe('an owner that was thought dead', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    buses = localBuses();
    cluster = new TestCluster(buses);
    stage = await Stage.set(cluster, { conferences: 2 });
  });
  afterEach(() => cluster.stop());

  it('lets go when somebody else has taken it, and says nothing more', async () => {
    const alice = await stage.join();
    const owner = stage.ownerOf(alice);
    const next = must(stage.conferences.find((process) => process !== owner));
    await stage.publish(alice, 's1');
    buses.sever(owner.name);
    await next.service.open(stage.room);
    const openedAt = performance.now();
    await until(async () => (await metric(owner, 'portico_rooms')) === 0, { what: 'the old owner lets go' });
    // Long before its patience with a ghost of its own ends.
    assert.ok(performance.now() - openedAt < 2_000);
    await stage.say(alice, { to: 'all', message: 'hello' });
    assert.equal(must(alice.portal.owners.get(stage.room)).id, next.context.membership.id);
    for (const gauge of ['portico_participants', 'portico_streams']) {
      assert.equal(await metric(owner, gauge), 0);
      assert.equal(await metric(next, gauge), 1);
    }
  });

  it('is refused by everybody who knows the next one, and lets go of the room then', async () => {
    const alice = await stage.join();
    const owner = stage.ownerOf(alice);
    const newer = { epoch: alice.owner.epoch + 1, id: stage.access.id };
    stage.access.owners.accept(stage.room, newer);
    // Its own call is refused; the portal has the room opened again, beyond the newer owner.
    assert.equal(await codeOf(stage.register(alice, 's1')), 'ok');
    const now = must(alice.portal.owners.get(stage.room));
    assert.ok(now.epoch > newer.epoch);
    const rooms = await Promise.all(stage.conferences.map((process) => metric(process, 'portico_rooms')));
    assert.equal(
      rooms.reduce((sum, count) => sum + count, 0),
      1,
    );
    const opened = await metric(owner, 'portico_rooms_opened_total');
    assert.ok(opened >= 1);
  });

  it('is refused by an agent for what it still tries', async () => {
    const alice = await stage.join();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'hello' });
    const caller = new Caller(must(stage.portals[0]).context.bus, accessContract);
    const order = { room: stage.room, owner: alice.owner, participant: alice.id, reason: 'closed' as const };
    const outcome = codeOf(caller.call(memberAddress(stage.access.id), 'participant.close', order));
    assert.equal(await outcome, 'stale_owner');
    assert.ok(stage.access.seats.has(alice.id));
  });

  it('answers nothing in the name of the room any more', async () => {
    const alice = await stage.join();
    const owner = stage.ownerOf(alice);
    const opened = stage.access.hold('publication.open');
    const publishing = stage.register(alice, 's1');
    await opened.arrived;
    const next = must(stage.conferences.find((process) => process !== owner));
    const released = stage.access.hold('publication.open');
    buses.sever(owner.name);
    await next.service.open(stage.room);
    opened.release();
    released.release();
    // The portal asks again, and the next owner grants it.
    assert.equal((await publishing).id, 's1');
    assert.equal(await metric(next, 'portico_streams'), 1);
    for (const gauge of ['portico_participants', 'portico_streams'])
      assert.equal(await metric(owner, gauge), 0);
  });

  it('does not take its room back when a newer owner was there meanwhile', async () => {
    const alice = await stage.join();
    const owner = stage.ownerOf(alice);
    stage.access.owners.accept(stage.room, { epoch: alice.owner.epoch + 1, id: stage.access.id });
    buses.sever(owner.name);
    await until(async () => (await metric(owner, 'portico_rooms')) === 0, { what: 'it gives the room up' });
    await stage.say(alice, { to: 'all', message: 'hello' });
    assert.ok(must(alice.portal.owners.get(stage.room)).epoch > alice.owner.epoch + 1);
  });
});

describe('requests that nobody handles', () => {
  it('fail at once when a room is released with messages waiting', async () => {
    const buses = localBuses();
    const cluster = new TestCluster(buses);
    try {
      const stage = await Stage.set(cluster);
      const { bus } = must(stage.conferences[0]).context;
      const claim = await bus.claim(roomAddress(stage.room));
      const caller = new Caller(must(stage.portals[0]).context.bus, roomContract);
      const by = { participant: ParticipantId.parse(randomUUID()), portal: stage.portalAt(0).id };
      const request = { id: subscriptionId('sub') };
      const before = performance.now();
      const asking = codeOf(caller.call(roomAddress(stage.room), 'unsubscribe', { by, request }));
      await claim.release();
      assert.equal(await asking, 'unavailable');
      assert.ok(performance.now() - before < 2_000);
      assert.deepEqual(heard({ id: by.participant, portal: stage.portalAt(0) } as never, 'text'), []);
    } finally {
      await cluster.stop();
    }
  });
});
