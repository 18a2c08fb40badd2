import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Caller } from '../../../common/bus/contract.ts';
import { memberContract } from '../../../common/contract/cluster.ts';
import { memberAddress, RoomId, roomAddress } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, newRoom, testConfig, TestCluster } from './cluster.ts';
import { codeOf, must, Stage, published } from './stage.ts';

describe('opening and closing a room', () => {
  let cluster: TestCluster;
  beforeEach(() => {
    cluster = new TestCluster(localBuses());
  });
  afterEach(() => cluster.stop());

  it('happens with the first participant, who is told that it is alone', async () => {
    const stage = await Stage.set(cluster);
    const alice = await stage.join({ user: 'alice' });
    assert.deepEqual(
      alice.joined.room.participants.map(({ user }) => user),
      ['alice'],
    );
    assert.deepEqual(published(alice.joined.room), []);
    assert.equal(alice.joined.record.agent, stage.access.id);
    assert.equal(must(alice.joined.media).transports.send?.id, `${alice.id}-send`);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_rooms'), 1);
  });

  it('is shared by callers who ask the same agent at once', async () => {
    const stage = await Stage.set(cluster);
    const { service } = must(stage.conferences[0]);
    const owners = await Promise.all([service.open(stage.room), service.open(stage.room)]);
    assert.deepEqual(owners[0], owners[1]);
  });

  it('waits for the end of the same room in the same process', async () => {
    const stage = await Stage.set(cluster);
    const { service, context } = must(stage.conferences[0]);
    const { bus, membership } = context;
    // Releasing takes as long as the test likes.
    let release: () => void = () => undefined;
    const allowed = new Promise<void>((resolve) => (release = resolve));
    const claimOf = bus.claim.bind(bus);
    bus.claim = async (address) => {
      const claim = await claimOf(address);
      const releaseClaim = claim.release.bind(claim);
      claim.release = () => allowed.then(releaseClaim);
      return claim;
    };
    const first = await service.open(stage.room);
    const newer = { epoch: first.epoch + 1, id: stage.access.id };
    const caller = new Caller(must(stage.portals[0]).context.bus, memberContract);
    await caller.call(memberAddress(membership.id), 'room.owner', { room: stage.room, owner: newer });
    const opening = service.open(stage.room);
    release();
    assert.ok((await opening).epoch > newer.epoch);
  });

  it('ends when the last participant has left, with its address free and nothing left to count', async () => {
    const stage = await Stage.set(cluster);
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    await stage.leave(alice);
    const { bus } = must(stage.portals[0]).context;
    await until(async () => !(await bus.probe(roomAddress(stage.room))), { what: 'the room is closed' });
    const conference = must(stage.conferences[0]);
    for (const gauge of [
      'portico_rooms',
      'portico_participants',
      'portico_streams',
      'portico_subscriptions',
    ]) {
      assert.equal(await metric(conference, gauge), 0, gauge);
    }
    assert.equal(stage.access.seats.size, 0);
  });

  it('does not end while somebody is on the way in', async () => {
    const stage = await Stage.set(cluster);
    const alice = await stage.join();
    const opened = stage.access.hold('participant.open');
    const joining = stage.join({ user: 'bob' });
    await opened.arrived;
    await stage.leave(alice);
    // Another room becomes empty later and ends: this one would have ended before.
    const portal = stage.portalAt(0);
    const other = newRoom();
    const carol = await portal.join(other, { transports: [] });
    await portal.leave(other, carol.id);
    await until(async () => (await metric(must(stage.conferences[0]), 'portico_rooms')) === 1);
    opened.release();
    const bob = await joining;
    assert.equal(bob.owner.epoch, alice.owner.epoch);
  });

  it('does not end before the media of the last participant is closed', async () => {
    const stage = await Stage.set(cluster);
    const alice = await stage.join();
    const closed = stage.access.hold('participant.close');
    const leaving = stage.leave(alice);
    await closed.arrived;
    closed.release();
    await leaving;
    await until(async () => (await metric(must(stage.conferences[0]), 'portico_rooms')) === 0);
    assert.equal(stage.access.seats.size, 0);
  });

  it('lets a participant in that comes while the room is being closed', async () => {
    const stage = await Stage.set(
      new TestCluster(localBuses(), testConfig({ rooms: { empty_close_ms: 0 } })),
    );
    try {
      for (let round = 0; round < 20; round += 1) {
        const alice = await stage.join({ transports: [] });
        const [bob] = await Promise.all([stage.join({ transports: [] }), stage.leave(alice)]);
        await stage.leave(bob);
      }
    } finally {
      await stage.cluster.stop();
    }
  });

  it('keeps used tokens beyond its end, also for the next agent', async () => {
    const stage = await Stage.set(cluster, { conferences: 2 });
    const token = randomUUID();
    const alice = await stage.join({ token });
    const owner = stage.ownerOf(alice);
    await stage.leave(alice);
    await until(async () => (await metric(owner, 'portico_rooms')) === 0);
    // The portal forgets it, so that only conference agents can know.
    stage.portalAt(0).tokens.length = 0;
    assert.equal(await codeOf(stage.join({ token })), 'token_used');
    await until(async () => (await metric(owner, 'portico_rooms')) === 0);
    await owner.kill();
    assert.equal(await codeOf(stage.join({ token })), 'token_used');
    assert.equal(await codeOf(stage.join()), 'ok');
  });

  it('is refused for a room that is not configured when only those are allowed', async () => {
    const rooms = { only_configured: true, room: [{ id: 'board', participant_limit: 1 }] };
    const stage = await Stage.set(new TestCluster(localBuses(), testConfig({ rooms })));
    try {
      assert.equal(await codeOf(stage.join()), 'room_not_found');
      const board = RoomId.parse('board');
      await stage.portalAt(0).join(board);
      assert.equal(await codeOf(stage.portalAt(0).join(board)), 'room_full');
    } finally {
      await stage.cluster.stop();
    }
  });

  it('is refused by an agent that shuts down, and its rooms go to another one', async () => {
    const stage = await Stage.set(cluster, { conferences: 2 });
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const owner = stage.ownerOf(alice);
    await owner.stop();
    assert.equal(await codeOf(owner.service.open(stage.room)), 'closing');
    const bob = await stage.join({ user: 'bob' });
    assert.notEqual(bob.owner.id, alice.owner.id);
    assert.deepEqual(
      published(bob.joined.room).map(({ id }) => id),
      ['s1'],
    );
  });

  it('finishes what runs before a room is handed over', async () => {
    const stage = await Stage.set(cluster, { conferences: 2 });
    const alice = await stage.join();
    const owner = stage.ownerOf(alice);
    const granted = stage.access.hold('publication.open');
    const publishing = stage.register(alice, 's1');
    await granted.arrived;
    const stopping = owner.stop();
    granted.release();
    assert.equal((await publishing).id, 's1');
    await stopping;
    // Asked for once: the next owner found it in the inventory.
    assert.equal(stage.access.asked('publication.open').length, 1);
  });
});
