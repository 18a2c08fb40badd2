import assert from 'node:assert/strict';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster } from './cluster.ts';
import { camera, codeOf, heard, microphone, must, Stage, streamId, published } from './stage.ts';

describe('publishing', () => {
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (rooms: Record<string, unknown> = {}, options: Parameters<typeof Stage.set>[1] = {}) => {
    cluster = new TestCluster(localBuses(), testConfig({ rooms }));
    stage = await Stage.set(cluster, options);
  };
  afterEach(() => cluster.stop());

  it('announces a stream once, and only when all of its tracks are produced', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const granted = await stage.register(alice, 's1');
    assert.deepEqual(granted, {
      id: 's1',
      transportId: `${alice.id}-send`,
      tracks: [
        { id: 's1-0', type: 'audio' },
        { id: 's1-1', type: 'video' },
      ],
    });
    await stage.access.produce(stage.room, streamId('s1'), 'audio');
    assert.deepEqual(published(await stage.look()), []);
    await stage.access.produce(stage.room, streamId('s1'), 'video');
    const added = await stage.hears(bob, 'stream');
    assert.equal(added.status, 'add');
    assert.ok(added.status === 'add');
    assert.deepEqual(added.data.info, { owner: alice.id, type: 'webrtc', inViews: [], attributes: {} });
    assert.deepEqual(
      added.data.media.tracks.map(({ id, status, source, format }) => [id, status, source, format.codec]),
      [
        ['s1-0', 'active', 'mic', 'opus'],
        ['s1-1', 'active', 'camera', 'vp8'],
      ],
    );
    const { tracks } = must(stage.access.publications.get(streamId('s1')));
    // A report that is repeated changes nothing.
    await stage.access.reportTrack(
      stage.room,
      must(stage.access.publications.get(streamId('s1'))),
      must(tracks[0]),
    );
    await stage.say(alice, { to: 'all', message: 'end' });
    await stage.hears(bob, 'text');
    assert.equal(heard(bob, 'stream').length, 1);
    assert.deepEqual(
      published(await stage.look()).map(({ id, status }) => [id, status]),
      [['s1', 'active']],
    );
  });

  it('is told to the publisher, too, and to nobody where the room is configured so', async () => {
    await set();
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    await stage.hears(alice, 'stream', ({ status }) => status === 'add');
    await cluster.stop();
    await set({ default: { notify_streams: false } });
    const bob = await stage.join();
    await stage.publish(bob, 's2');
    await stage.control(bob, { id: streamId('s2'), operation: 'pause', data: 'av' });
    await stage.say(bob, { to: 'all', message: 'end' });
    await stage.hears(bob, 'text');
    assert.deepEqual(heard(bob, 'stream'), []);
    assert.equal(published(await stage.look()).length, 1);
  });

  it('needs the permission for each kind', async () => {
    await set();
    const viewer = await stage.join({ role: 'viewer' });
    assert.equal(await codeOf(stage.register(viewer, 's1')), 'forbidden');
    const speaker = await stage.join({ role: 'audio_only_presenter' });
    assert.equal(await codeOf(stage.register(speaker, 's2', [microphone, camera])), 'forbidden');
    assert.equal(await codeOf(stage.register(speaker, 's2', [microphone])), 'ok');
    assert.equal(stage.access.asked('publication.open').length, 1);
  });

  it('gives the same stream for the same id, and refuses an id that somebody else uses', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const [first, second] = await Promise.all([stage.register(alice, 's1'), stage.register(alice, 's1')]);
    assert.deepEqual(first, second);
    assert.equal(await codeOf(stage.register(bob, 's1')), 'stream_exists');
    assert.equal(await codeOf(stage.register(alice, 's1', [camera])), 'stream_exists');
    assert.equal(await metric(must(stage.conferences[0]), 'portico_streams'), 1);
  });

  it('keeps ids of streams and tracks apart', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    assert.equal(await codeOf(stage.register(bob, 's1-0')), 'stream_exists');
    await stage.publish(alice, 's2-1');
    assert.equal(await codeOf(stage.register(bob, 's2')), 'stream_exists');
    assert.equal(await codeOf(stage.register(bob, 's2', [microphone])), 'ok');
  });

  it('stops at the limits of the room and of a participant', async () => {
    await set({ streams_per_participant: 2, default: { input_limit: 3 } });
    const alice = await stage.join();
    const bob = await stage.join();
    const outcomes = await Promise.all(['a', 'b', 'c'].map((id) => codeOf(stage.register(alice, id))));
    assert.deepEqual(outcomes.toSorted(), ['ok', 'ok', 'too_many_inputs']);
    assert.equal(await codeOf(stage.register(bob, 'd')), 'ok');
    assert.equal(await codeOf(stage.register(bob, 'e')), 'too_many_inputs');
  });

  it('leaves nothing behind when the agent refuses it', async () => {
    await set();
    const alice = await stage.join();
    stage.access.fail('publication.open', new PorticoError('rtp_invalid', 'no'));
    assert.equal(await codeOf(stage.register(alice, 's1')), 'rtp_invalid');
    await until(() => stage.access.asked('publication.close').length === 1);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_streams'), 0);
    assert.equal(await codeOf(stage.register(alice, 's1')), 'ok');
  });

  it('gives a seat to a participant that has none', async () => {
    await set();
    const alice = await stage.join({ transports: [] });
    await stage.register(alice, 's1');
    assert.ok(stage.access.seats.has(alice.id));
  });

  it('ends with unpublish: others hear it, its subscriptions end, its grant is gone', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const id = await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
    await alice.portal.request(stage.room, alice.id, 'unpublish', { id });
    assert.equal(stage.access.publications.size, 0);
    const removed = await stage.hears(bob, 'stream', ({ status }) => status === 'remove');
    assert.deepEqual(removed, { id: 's1', status: 'remove', reason: 'closed' });
    assert.deepEqual(await stage.hears(bob, 'progress'), {
      id: 'sub',
      sessionId: 'sub',
      status: 'error',
      data: { reason: 'source_ended', transports: false },
    });
    await until(() => stage.access.subscriptions.size === 0);
    assert.equal(
      await codeOf(alice.portal.request(stage.room, alice.id, 'unpublish', { id })),
      'stream_not_found',
    );
  });

  it('lets nobody unpublish the stream of another', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const id = await stage.publish(alice, 's1');
    assert.equal(await codeOf(bob.portal.request(stage.room, bob.id, 'unpublish', { id })), 'forbidden');
    assert.equal(stage.access.publications.size, 1);
  });

  it('keeps the order of a participant who unpublishes before the grant is answered', async () => {
    await set();
    const alice = await stage.join();
    const granted = stage.access.hold('publication.open');
    const publishing = codeOf(stage.register(alice, 's1'));
    await granted.arrived;
    const unpublishing = codeOf(
      alice.portal.request(stage.room, alice.id, 'unpublish', { id: streamId('s1') }),
    );
    granted.release();
    assert.deepEqual(await Promise.all([publishing, unpublishing]), ['ok', 'ok']);
    assert.equal(stage.access.publications.size, 0);
  });

  it('fails for one who leaves meanwhile, and nothing stays', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const granted = stage.access.hold('publication.open');
    const publishing = codeOf(stage.register(alice, 's1'));
    await granted.arrived;
    const leaving = stage.leave(alice);
    await stage.hears(bob, 'participant', ({ action }) => action === 'leave');
    granted.release();
    assert.equal(await publishing, 'stream_not_found');
    await leaving;
    assert.equal(stage.access.publications.size, 0);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_streams'), 0);
  });

  it('refuses a track that was never granted', async () => {
    await set();
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const publication = must(stage.access.publications.get(streamId('s1')));
    const track = must(publication.tracks[0]);
    const unknown = { ...publication, id: streamId('s2') };
    assert.equal(await codeOf(stage.access.reportTrack(stage.room, unknown, track)), 'stream_not_found');
    const foreign = { ...publication, participant: ParticipantId.parse('mallory') };
    assert.equal(await codeOf(stage.access.reportTrack(stage.room, foreign, track)), 'stream_not_found');
    const other = { ...track, id: 's1-7' as typeof track.id };
    assert.equal(await codeOf(stage.access.reportTrack(stage.room, publication, other)), 'stream_not_found');
  });
});

describe('muting', () => {
  let cluster: TestCluster;
  let stage: Stage;
  beforeEach(async () => {
    cluster = new TestCluster(localBuses());
    stage = await Stage.set(cluster);
  });
  afterEach(() => cluster.stop());

  const statuses = async () => {
    const stream = must(published(await stage.look())[0]);
    return stream.media.tracks.map(({ status }) => status);
  };

  it('is seen by all, and by those who come later', async () => {
    const alice = await stage.join();
    const bob = await stage.join({ role: 'viewer' });
    const id = await stage.publish(alice, 's1');
    await stage.control(alice, { id, operation: 'pause', data: 'audio' });
    assert.deepEqual(
      must(stage.access.publications.get(id)).tracks.map(({ paused }) => paused),
      [true, false],
    );
    const update = await stage.hears(bob, 'stream', ({ status }) => status === 'update');
    assert.deepEqual(update, {
      id,
      status: 'update',
      data: { field: 'audio.status', value: 'inactive', by: alice.id },
    });
    assert.deepEqual(await statuses(), ['inactive', 'active']);
    await stage.control(alice, { id, operation: 'pause', data: 'av' });
    await stage.control(alice, { id, operation: 'play', data: 'av' });
    assert.deepEqual(await statuses(), ['active', 'active']);
    const fields = heard(bob, 'stream').flatMap((event) => {
      return event.status === 'update' && 'field' in event.data ? [[event.data.field, event.data.value]] : [];
    });
    assert.deepEqual(fields, [
      ['audio.status', 'inactive'],
      ['video.status', 'inactive'],
      ['audio.status', 'active'],
      ['video.status', 'active'],
    ]);
  });

  it('is for the owner and, without unmuting, for moderators', async () => {
    const alice = await stage.join();
    const moderator = await stage.join({ role: 'presenter' });
    const viewer = await stage.join({ role: 'viewer' });
    const id = await stage.publish(alice, 's1');
    assert.equal(await codeOf(stage.control(viewer, { id, operation: 'pause', data: 'av' })), 'forbidden');
    assert.equal(await codeOf(stage.control(moderator, { id, operation: 'pause', data: 'audio' })), 'ok');
    assert.equal(
      await codeOf(stage.control(moderator, { id, operation: 'play', data: 'audio' })),
      'forbidden',
    );
    assert.deepEqual(await statuses(), ['inactive', 'active']);
    assert.equal(await codeOf(stage.control(alice, { id, operation: 'play', data: 'audio' })), 'ok');
    assert.deepEqual(await statuses(), ['active', 'active']);
  });

  it('names what is not there', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1', [microphone]);
    const pause = (id: string, data: 'audio' | 'video') =>
      codeOf(stage.control(alice, { id: streamId(id), operation: 'pause', data }));
    assert.equal(await pause('s1', 'video'), 'track_not_found');
    assert.equal(await pause('s2', 'audio'), 'stream_not_found');
    await stage.register(bob, 'unfinished', [microphone]);
    assert.equal(await pause('unfinished', 'audio'), 'stream_not_found');
  });

  it('leaves room and agent of one mind when many do it at once, and answers overtake each other', async () => {
    await cluster.stop();
    cluster = new TestCluster(localBuses(() => Math.random() * 5));
    stage = await Stage.set(cluster);
    const alice = await stage.join();
    const moderator = await stage.join();
    const id = await stage.publish(alice, 's1', [microphone]);
    for (let round = 0; round < 15; round += 1) {
      await Promise.all([
        stage.control(alice, { id, operation: 'play', data: 'audio' }),
        stage.control(moderator, { id, operation: 'pause', data: 'audio' }),
      ]);
      const paused = must(must(stage.access.publications.get(id)).tracks[0]).paused;
      assert.deepEqual(await statuses(), [paused ? 'inactive' : 'active']);
    }
  });

  it('before the stream is complete is in its announcement', async () => {
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.register(alice, 's1', [microphone]);
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'audio' });
    await stage.access.produce(stage.room, streamId('s1'));
    const added = await stage.hears(bob, 'stream');
    assert.ok(added.status === 'add');
    assert.equal(must(added.data.media.tracks[0]).status, 'inactive');
  });
});
