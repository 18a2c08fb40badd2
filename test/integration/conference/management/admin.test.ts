import assert from 'node:assert/strict';
import type { RoomAdminContract } from '../../../../common/contract/management.ts';
import { ParticipantId } from '../../../../common/contract/ids.ts';
import type { Input } from '../../../../common/contract/rpc.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { localBuses, TestCluster } from '../cluster.ts';
import { camera, codeOf, heard, microphone, must, Stage, streamId, subscriptionId } from '../stage.ts';

type Change = Input<RoomAdminContract, 'admin.permit'>['changes'][number];
const may = (action: Change['action'], kind: Change['kind'], value: boolean): Change => ({
  action,
  kind,
  value,
});

describe('management of a running room', () => {
  let cluster: TestCluster;
  let stage: Stage;
  let alice: Guest;
  let bob: Guest;

  const set = async (options: Parameters<typeof Stage.set>[1] = {}) => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster, options);
    alice = await stage.join({ user: 'alice' });
    bob = await stage.join({ user: 'bob' });
    await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
  };
  afterEach(() => cluster.stop());

  const permit = ({ id }: Guest, ...changes: Change[]) => stage.admin('admin.permit', { id, changes });
  const muted = (id: string) => {
    const { tracks } = must(stage.access.publications.get(streamId(id)));
    return tracks.filter(({ paused }) => paused).map(({ type }) => type);
  };

  it('lists who and what is in it', async () => {
    await set();
    const { participants } = await stage.admin('admin.participants', {});
    assert.deepEqual(
      participants.map(({ user, connection, agent }) => [user, connection, agent]),
      [
        ['alice', 'ok', stage.access.id],
        ['bob', 'ok', stage.access.id],
      ],
    );
    const { streams } = await stage.admin('admin.streams', {});
    assert.deepEqual(
      streams.map(({ info, agent }) => [info.type, info.id, agent]),
      [
        ['mixed', `${stage.room}-common`, undefined],
        ['forward', 's1', stage.access.id],
      ],
    );
    const { subscriptions } = await stage.admin('admin.subscriptions', {});
    assert.deepEqual(
      subscriptions.map(({ id, participant, tracks }) => [id, participant, tracks.map(({ type }) => type)]),
      [['sub', bob.id, ['audio', 'video']]],
    );
    const { rooms } = await stage.manage('rooms.list', {});
    assert.deepEqual(
      rooms.map(({ room, participants: people, streams: sent, subscriptions: received }) => {
        return [room, people, sent, received];
      }),
      [[stage.room, 2, 1, 1]],
    );
  });

  it('ends a stream of which nothing is permitted any more, before it answers', async () => {
    await set();
    const { participant } = await permit(
      alice,
      may('publish', 'audio', false),
      may('publish', 'video', false),
    );
    assert.deepEqual(participant.permission.publish, { audio: false, video: false });
    assert.equal(stage.access.publications.size, 0);
    const removed = await stage.hears(bob, 'stream', ({ status }) => status === 'remove');
    assert.equal(removed.status === 'remove' && removed.reason, 'permission_revoked');
    const told = await stage.hears(alice, 'progress');
    assert.deepEqual(told.data, { reason: 'permission_revoked', transports: false });
    assert.equal(await codeOf(stage.register(alice, 's2', [microphone])), 'forbidden');
  });

  it('mutes what is forbidden of a stream, until it is permitted and unmuted', async () => {
    await set();
    await permit(alice, may('publish', 'video', false));
    assert.deepEqual(muted('s1'), ['video']);
    const update = await stage.hears(bob, 'stream', ({ status }) => status === 'update');
    assert.deepEqual(update, {
      id: 's1',
      status: 'update',
      data: { field: 'video.status', value: 'inactive' },
    });
    const play = { id: streamId('s1'), operation: 'play' as const };
    assert.equal(await codeOf(stage.control(alice, { ...play, data: 'video' })), 'forbidden');
    assert.equal(
      await codeOf(stage.admin('admin.control', { id: play.id, kinds: ['video'], operation: 'play' })),
      'forbidden',
    );
    assert.equal(await codeOf(stage.control(alice, { ...play, data: 'audio' })), 'ok');
    assert.equal(await codeOf(stage.register(alice, 's2', [camera])), 'forbidden');
    assert.equal(await codeOf(stage.register(alice, 's1')), 'ok', 'it may publish the same stream again');
    await permit(alice, may('publish', 'video', true));
    assert.deepEqual(muted('s1'), ['video'], 'nobody is unmuted without asking');
    await stage.control(alice, { ...play, data: 'video' });
    assert.deepEqual(muted('s1'), []);
  });

  it('takes away what somebody may not receive any more', async () => {
    await set();
    await permit(bob, may('subscribe', 'video', false));
    const grant = must(stage.access.subscriptions.get(subscriptionId('sub')));
    assert.deepEqual(
      grant.tracks.map(({ type }) => type),
      ['audio'],
    );
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'other', ['video'])), 'forbidden');
    await permit(bob, may('subscribe', 'audio', false));
    assert.equal(stage.access.subscriptions.size, 0);
    const told = await stage.hears(bob, 'progress');
    assert.deepEqual(told.data, { reason: 'permission_revoked', transports: false });
    await permit(bob, may('subscribe', 'audio', true));
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub', ['audio'])), 'ok');
  });

  it('lets no request slip through that was on its way', async () => {
    await set();
    const held = stage.access.hold('publication.open');
    const publishing = stage.register(alice, 's2', [camera]);
    await held.arrived;
    const waiting = codeOf(stage.register(alice, 's3', [camera]));
    const permitted = permit(alice, may('publish', 'video', false));
    held.release();
    await permitted;
    await publishing;
    assert.equal(await waiting, 'forbidden');
    assert.deepEqual([...stage.access.publications.keys()], ['s1']);
    assert.deepEqual(muted('s1'), ['video']);
  });

  it('is remembered by the portal and the agent, whoever owns the room next', async () => {
    await set({ conferences: 2 });
    await permit(alice, may('publish', 'video', false));
    assert.deepEqual(
      alice.portal.updated.map(({ permission }) => permission.publish),
      [{ audio: true, video: false }],
    );
    assert.deepEqual(stage.access.records.get(alice.id)?.permission.publish, { audio: true, video: false });
    await stage.ownerOf(alice).kill();
    assert.equal(await codeOf(stage.register(alice, 's2', [camera])), 'forbidden');
    const record = must(alice.portal.participants.get(alice.id));
    const back = await alice.portal.relogin(stage.room, { ...record, permission: {} });
    assert.deepEqual(back.record.permission.publish, { audio: true, video: false });
  });

  it('survives a portal that did not hear of it, as the agent did', async () => {
    await set({ conferences: 2 });
    const before = must(alice.portal.participants.get(alice.id));
    await permit(alice, may('publish', 'video', false));
    alice.portal.participants.set(alice.id, before);
    await stage.ownerOf(alice).kill();
    await alice.portal.open(stage.room);
    assert.equal(await codeOf(stage.register(alice, 's2', [camera])), 'forbidden');
  });

  it('mutes and unmutes whatever the owner thinks of it, and tells everybody', async () => {
    await set();
    const id = streamId('s1');
    const { stream } = await stage.admin('admin.control', { id, kinds: ['audio'], operation: 'pause' });
    assert.equal(stream.media.tracks[0]?.status, 'inactive');
    assert.deepEqual(muted('s1'), ['audio']);
    await stage.admin('admin.control', { id, kinds: ['audio', 'video'], operation: 'play' });
    assert.deepEqual(muted('s1'), []);
    await stage.hears(alice, 'stream', ({ status }) => status === 'update');
    const changes = heard(bob, 'stream').flatMap((event) => (event.status === 'update' ? [event.data] : []));
    assert.deepEqual(changes, [
      { field: 'audio.status', value: 'inactive' },
      { field: 'audio.status', value: 'active' },
    ]);
  });

  it('removes streams and people', async () => {
    await set();
    await stage.admin('admin.unpublish', { id: streamId('s1') });
    assert.equal(stage.access.publications.size, 0);
    const told = await stage.hears(alice, 'progress');
    assert.deepEqual(told.data, { reason: 'dropped', transports: false });
    await stage.admin('admin.drop', { id: bob.id });
    assert.equal(stage.access.seats.has(bob.id), false);
    assert.deepEqual(bob.portal.dropped, [{ participant: bob.id, reason: 'dropped' }]);
    const nobody = ParticipantId.parse('nobody');
    assert.equal(await codeOf(stage.admin('admin.drop', { id: nobody })), 'participant_not_found');
    assert.equal(
      await codeOf(permit({ ...bob, id: nobody }, may('publish', 'audio', false))),
      'participant_not_found',
    );
    assert.equal(await codeOf(stage.admin('admin.unpublish', { id: streamId('s1') })), 'stream_not_found');
  });
});
