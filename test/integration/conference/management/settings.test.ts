import assert from 'node:assert/strict';
import { memberAddress } from '../../../../common/contract/ids.ts';
import { Caller } from '../../../../common/bus/contract.ts';
import type { PublicationGrant } from '../../../../common/contract/cluster.ts';
import { conferenceContract } from '../../../../common/contract/conference.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { localBuses, testConfig, TestCluster, type LocalBuses } from '../cluster.ts';
import { camera, codeOf, heard, must, Stage, streamId } from '../stage.ts';

const audioOnly = [{ role: 'presenter', publish: { audio: true }, subscribe: { audio: true, video: true } }];

/** A promise, and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    opened,
    open: () => {
      open();
    },
  };
}

describe('settings of rooms in the store', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (
    options: Parameters<typeof Stage.set>[1] = {},
    config: Parameters<typeof testConfig>[0] = {},
  ) => {
    buses = localBuses();
    cluster = new TestCluster(buses, testConfig(config));
    stage = await Stage.set(cluster, { apis: 1, ...options });
  };
  afterEach(() => cluster.stop());

  const store = (...args: Parameters<typeof storedRoom>) => {
    const stored = storedRoom(...args);
    for (const { service } of stage.apis) service.rooms.set(stage.room, stored);
    return stored;
  };
  const configure = (stored: ReturnType<typeof storedRoom>, conference = 0) =>
    stage.manage('room.configure', { room: stage.room, stored }, conference);
  /** Asks for it without patience. */
  const open = async () => {
    const { bus, membership } = must(stage.conferences[0]).context;
    return await new Caller(bus, conferenceContract).call(memberAddress(membership.id), 'room.open', {
      room: stage.room,
    });
  };

  it('hold from the beginning', async () => {
    await set();
    store({ participantLimit: 1, roles: audioOnly });
    const alice = await stage.join();
    assert.deepEqual(alice.joined.permission, {
      publish: { audio: true },
      subscribe: { audio: true, video: true },
    });
    assert.equal(await codeOf(stage.join()), 'room_full');
    assert.equal(stage.api.asked['room.lookup'], 1);
  });

  it('take effect in a running room: limits, roles, what is told', async () => {
    await set();
    store();
    const alice = await stage.join({ user: 'alice' });
    const bob = await stage.join({ user: 'bob' });
    const carol = await stage.join({ user: 'carol' });
    await stage.publish(alice, 's1');
    await stage.publish(bob, 's2', [camera]);
    await stage.admin('admin.permit', {
      id: carol.id,
      changes: [{ action: 'publish', kind: 'video', value: true }],
    });
    const changed = {
      roles: audioOnly,
      participantLimit: 3,
      notifying: { streamChange: true, participantActivities: false },
    };
    assert.deepEqual(await configure(storedRoom(changed, { version: 2 })), { hosted: true });
    assert.deepEqual([...stage.access.publications.keys()], ['s1'], 'nothing is left of what is forbidden');
    assert.equal(stage.access.publications.get(streamId('s1'))?.tracks[1]?.paused, true);
    assert.equal(await codeOf(stage.join()), 'room_full');
    assert.equal(await codeOf(stage.register(carol, 's3', [camera])), 'ok', 'hers was changed by hand');
    await stage.leave(bob);
    await stage.say(alice, { to: 'all', message: 'end' });
    await stage.hears(carol, 'text');
    const leaves = heard(carol, 'participant').filter(({ action }) => action === 'leave');
    assert.deepEqual(leaves, []);
  });

  it('never go back to an older version', async () => {
    await set();
    store({ participantLimit: 1 }, { version: 5 });
    await stage.join();
    await configure(storedRoom({ participantLimit: 2 }, { version: 4 }));
    assert.equal(await codeOf(stage.join()), 'room_full');
    await configure(storedRoom({ participantLimit: 2 }, { version: 6 }));
    await configure(storedRoom({ participantLimit: 1 }, { version: 5 }));
    assert.equal(await codeOf(stage.join()), 'ok');
  });

  it('that change while a room is being opened are in effect when that is answered', async () => {
    await set();
    store({ participantLimit: 0 });
    const { opened, open: release } = gate();
    stage.api.held = opened;
    const joining = codeOf(stage.join());
    await until(() => stage.api.asked['room.lookup'] > 0);
    const configured = configure(storedRoom({ participantLimit: 5 }, { version: 2 }));
    release();
    assert.deepEqual(await configured, { hosted: true });
    await joining;
    assert.equal(await codeOf(stage.join()), 'ok');
  });

  it('name the codecs that may be sent, to whoever sits down and whoever publishes', async () => {
    await set();
    store({ mediaIn: { video: [{ codec: 'vp9' }] } });
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const [seat] = stage.access.asked('participant.open');
    assert.deepEqual(seat?.['formats'], [{ codec: 'opus' }, { codec: 'vp9' }]);
    const [publication] = stage.access.asked('publication.open') as { grant: PublicationGrant }[];
    assert.deepEqual(
      publication?.grant.tracks.map(({ formats }) => formats),
      [[{ codec: 'opus' }], [{ codec: 'vp9' }]],
    );
    await configure(storedRoom({}, { version: 2 }));
    await stage.publish(alice, 's2');
    const last = stage.access.asked('publication.open').at(-1) as { grant: PublicationGrant };
    assert.ok(last.grant.tracks.every(({ formats }) => formats === undefined));
  });

  it('let in tokens of the service that the room belongs to, and those of the operator', async () => {
    await set({}, { auth: { services: [{ id: 'ours', key: 'k'.repeat(32) }] } });
    store({}, { service: 'app' });
    assert.equal(await codeOf(stage.join({ service: 'app' })), 'ok');
    assert.equal(await codeOf(stage.join({ service: 'ours' })), 'ok');
    assert.equal(await codeOf(stage.join({ service: 'other' })), 'token_wrong_room');
    assert.equal(await codeOf(stage.join({ service: 'dev' })), 'token_wrong_room');
  });

  it('that are not there leave the room to the operator, as the file configures it', async () => {
    await set({}, { rooms: { default: { participant_limit: 1 } } });
    assert.equal(await codeOf(stage.join({ service: 'app' })), 'room_not_found');
    assert.equal(await codeOf(stage.join({ service: 'dev' })), 'ok');
    assert.equal(await codeOf(stage.join({ service: 'dev' })), 'room_full');
  });

  it('are read from another process when one does not work', async () => {
    await set({ apis: 2 });
    store({ participantLimit: 1 });
    stage.api.broken = true;
    await stage.join();
    assert.equal(await codeOf(stage.join()), 'room_full');
  });

  it('cannot be guessed: the room waits for the store, unless the file configures it', async () => {
    await set();
    stage.api.broken = true;
    assert.equal(await codeOf(open()), 'unavailable');
    const joining = stage.join();
    await until(() => stage.api.asked['room.lookup'] > 2);
    store({ participantLimit: 1 });
    stage.api.broken = false;
    await joining;
    assert.equal(await codeOf(stage.join()), 'room_full');
    const portal = must(stage.portals[0]).context.membership;
    assert.equal(portal.members('conference').length, 1, 'nobody takes the agent for dead');
  });

  it('are kept over a takeover while the whole management API is dead', async () => {
    await set({ conferences: 2 });
    store({ participantLimit: 2 });
    const alice = await stage.join({ service: 'app' });
    await configure(
      storedRoom({ participantLimit: 1 }, { version: 2 }),
      stage.conferences.indexOf(stage.ownerOf(alice)),
    );
    await must(stage.apis[0]).kill();
    await stage.ownerOf(alice).kill();
    await alice.portal.open(stage.room);
    assert.equal(await codeOf(stage.join({ service: 'app' })), 'room_full');
  });

  it('are forgotten with the room', async () => {
    await set({}, { rooms: { empty_close_ms: 10_000 } });
    store({ participantLimit: 1 });
    const alice = await stage.join({ service: 'app' });
    await stage.publish(alice, 's1');
    stage.api.rooms.clear();
    assert.deepEqual(await stage.manage('room.delete', { room: stage.room }), { hosted: true });
    assert.equal(stage.access.seats.size, 0, 'its media is closed');
    assert.deepEqual(alice.portal.dropped, [{ participant: alice.id, reason: 'room_closed' }]);
    await until(() => alice.portal.owners.stored(stage.room) === undefined);
    await until(() => stage.access.owners.stored(stage.room) === undefined);
    stage.api.broken = true;
    assert.equal(await codeOf(open()), 'unavailable');
    stage.api.broken = false;
    const back = alice.portal.relogin(stage.room, alice.joined.record);
    assert.equal(await codeOf(back), 'ticket_revoked');
  });

  it('are not brought back by an opening that began before the room was deleted', async () => {
    await set();
    store();
    const { opened, open: release } = gate();
    stage.api.held = opened;
    const joining = codeOf(stage.join({ service: 'app' }));
    await until(() => stage.api.asked['room.lookup'] > 0);
    stage.api.rooms.clear();
    const deleted = stage.manage('room.delete', { room: stage.room });
    release();
    assert.deepEqual(await deleted, { hosted: true });
    assert.match(await joining, /room_closed|room_not_found/);
    assert.equal(await codeOf(stage.join({ service: 'app' })), 'room_not_found');
  });

  it('are not asked for where there is no management API', async () => {
    await set({ apis: 0 }, { rooms: { default: { participant_limit: 1 } } });
    assert.equal(await codeOf(stage.join({ service: 'whoever' })), 'ok');
    assert.equal(await codeOf(stage.join()), 'room_full');
  });
});
