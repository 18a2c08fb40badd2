import assert from 'node:assert/strict';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import { codeOf, heard, microphone, must, streamId } from '../stage.ts';
import { refusal } from '../views/scene.ts';
import { both, egressId, mp4, Outlets, recordingsHeard, rtmp } from './outlets.ts';

describe('recording and streaming a room', () => {
  let outlets: Outlets;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set(...args);
  };
  afterEach(() => outlets.stop());

  it('tells a mixer agent all about it, and everybody that it is recorded', async () => {
    await set({ apis: 1 });
    const { stage, scene } = outlets;
    const alice = await stage.join({ user: 'alice' });
    await stage.publish(alice, 's1');
    const { egress } = await outlets.start('rec', both('s1'));
    const spec = must(outlets.spec('rec'));
    assert.deepEqual(
      [spec.room, spec.part, spec.target, spec.keyFrameInterval, spec.origin],
      [stage.room, 1, mp4, 5, { by: 'admin' }],
    );
    assert.deepEqual(spec.participants, [{ id: alice.id, user: 'alice' }]);
    const published = must(stage.access.publications.get(streamId('s1')));
    assert.deepEqual(
      [spec.audio?.origin?.producer, spec.video?.origin?.producer],
      published.tracks.map(({ producer }) => producer),
    );
    assert.deepEqual([spec.audio?.format, spec.video?.format], [{ codec: 'opus' }, { codec: 'vp8' }]);
    assert.deepEqual([spec.video?.stream, spec.video?.id, spec.video?.muted], ['s1', 's1-1', false]);
    assert.deepEqual([egress.agent, egress.state.status], [scene.mixer.id, 'live']);
    await stage.hears(alice, 'recording');
    const info = { id: 'rec', streams: ['s1'], startedAt: egress.startedAt, status: 'active' };
    assert.deepEqual(heard(alice, 'recording'), [{ status: 'started', data: info }]);
    assert.deepEqual((await stage.look()).recordings, [info]);
    const ended = await outlets.end('rec');
    assert.equal(ended.egress.state.status, 'ended');
    await until(() => recordingsHeard(alice).length === 2);
    assert.deepEqual(recordingsHeard(alice), ['started active', 'ended stopped']);
    assert.deepEqual(outlets.outlets.ended, [{ id: 'rec', reason: 'stopped' }]);
    assert.deepEqual(await outlets.told(2), ['recording_started', 'recording_ended stopped']);
    assert.deepEqual((await stage.look()).recordings, []);
  });

  it('tells of one that is over, when it is asked for it, until its agent has finished its files', async () => {
    await set();
    const { stage } = outlets;
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    outlets.outlets.slow = true;
    await outlets.start('rec', both('s1'));
    const id = egressId('rec');
    const asked = async (type?: 'live') => {
      const { egresses } = await stage.admin('admin.egresses', { id, ...(type && { type }) });
      return egresses.map(({ state, agent }) => [state.status, agent]);
    };
    assert.deepEqual(await asked(), [['live', outlets.scene.mixer.id]]);
    await outlets.end('rec');
    assert.deepEqual(await outlets.running(), []);
    assert.deepEqual(await asked(), [['finalising', outlets.scene.mixer.id]]);
    assert.deepEqual(await asked('live'), []);
    await outlets.outlets.tell(stage.room, id, { status: 'ended', reason: 'stopped' });
    assert.deepEqual(await asked(), []);
  });

  it('of a live stream tells nobody in the room, and management how it does', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    await outlets.start('out', both('s1'), rtmp);
    assert.equal(must(outlets.spec('out')).keyFrameInterval, 2);
    await outlets.outlets.tell(stage.room, egressId('out'), { status: 'retrying' });
    await outlets.outlets.tell(stage.room, egressId('out'), { status: 'live' });
    const error = { code: 'refused', message: 'not on this channel' };
    await outlets.outlets.tell(stage.room, egressId('out'), { status: 'failed', error, reason: 'failed' });
    assert.deepEqual(await outlets.told(5), [
      'live_started',
      'live_changed',
      'live_changed',
      'live_changed',
      'live_ended failed',
    ]);
    assert.deepEqual(must(outlets.events().at(-1)).egress.state.error, error);
    assert.deepEqual(heard(alice, 'recording'), []);
    assert.deepEqual(await outlets.running(), []);
  });

  it('does not keep the room open while its files are being finalised: its agent tells when they are', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    outlets.outlets.slow = true;
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    await outlets.record(alice, { stream: streamId('s1') });
    const [id] = [...outlets.outlets.egresses.keys()];
    await stage.leave(alice);
    assert.deepEqual(await outlets.told(2), ['recording_started', 'recording_ended room_closed']);
    await until(() => stage.api.types(stage.room).includes('room_ended'));
    assert.equal(outlets.outlets.egresses.get(must(id))?.state.status, 'finalising');
  });

  it('keeps an empty room open when management began it, and only then', async () => {
    await set();
    const { stage } = outlets;
    const alice = await stage.join();
    await outlets.start('admins', both(outlets.scene.id()));
    const { recording } = await outlets.record(alice);
    await stage.leave(alice);
    await until(() => outlets.hosts(recording.id).length === 0);
    assert.deepEqual(outlets.outlets.ended, [{ id: recording.id, reason: 'room_closed' }]);
    assert.deepEqual(
      (await outlets.running()).map(({ id }) => id),
      ['admins'],
    );
    await outlets.end('admins');
    await until(async () => (await metric(must(stage.conferences[0]), 'portico_rooms')) === 0);
  });

  it('ends all of it when the room is deleted', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    stage.api.rooms.set(stage.room, storedRoom());
    await stage.join();
    await outlets.start('rec', both(outlets.scene.id()));
    await outlets.start('out', both(outlets.scene.id()), rtmp);
    await stage.manage('room.delete', { room: stage.room });
    await until(() => outlets.outlets.ended.length === 2);
    assert.deepEqual((await outlets.told(4)).toSorted(), [
      'live_ended room_closed',
      'live_started',
      'recording_ended room_closed',
      'recording_started',
    ]);
  });

  it('begins one for a request that is repeated', async () => {
    await set();
    const { stage } = outlets;
    await stage.join();
    const media = both(outlets.scene.id());
    const [first, second] = await Promise.all([outlets.start('rec', media), outlets.start('rec', media)]);
    assert.equal(first.egress.startedAt, second.egress.startedAt);
    assert.deepEqual(await refusal(outlets.start('rec', media, rtmp)), ['bad_request', 'id']);
    assert.equal(outlets.outlets.egressSpecs.length, 1);
    await outlets.end('rec');
    const again = await outlets.start('rec', media);
    assert.equal(again.egress.state.status, 'ended');
    assert.equal(outlets.outlets.egressSpecs.length, 1);
  });

  it('says what is wrong with a request', async () => {
    await set({}, { rooms: { egresses: 2 } });
    const { stage, scene } = outlets;
    const alice = await stage.join();
    await stage.publish(alice, 'sound', [microphone]);
    assert.deepEqual(await refusal(outlets.start('a', {})), ['bad_request', 'media']);
    assert.deepEqual(await refusal(outlets.start('a', both('nothing'))), [
      'stream_not_found',
      'media.audio.from',
    ]);
    assert.deepEqual(await refusal(outlets.start('a', both('sound'))), [
      'track_not_found',
      'media.video.from',
    ]);
    const wrong = { video: { from: streamId('sound-0') } };
    assert.deepEqual(await refusal(outlets.start('a', wrong)), ['track_not_found', 'media.video.from']);
    assert.deepEqual(await refusal(outlets.end('a')), ['egress_not_found', 'id']);
    await outlets.start('a', both(scene.id()));
    await outlets.start('b', both(scene.id()));
    assert.equal(await codeOf(outlets.start('c', both(scene.id()))), 'resource_exhausted');
    await outlets.end('b');
    assert.deepEqual(await refusal(outlets.end('b')), ['egress_not_found', 'id']);
    assert.deepEqual(await refusal(outlets.change('b', { change: 'keyFrameInterval', seconds: 1 })), [
      'egress_not_found',
      'id',
    ]);
    assert.equal(await codeOf(outlets.start('c', both(scene.id()))), 'ok');
  });

  it('that no agent takes leaves nothing behind', async () => {
    await set({ mixers: 2, apis: 1 });
    const { stage } = outlets;
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const full = new PorticoError('resource_exhausted', 'the disk is full');
    for (const { service } of stage.mixers) service.refusal = full;
    await assert.rejects(outlets.start('rec', both('s1')), {
      code: 'resource_exhausted',
      message: full.message,
    });
    assert.deepEqual(await outlets.running(), []);
    must(stage.mixers[1]).service.refusal = undefined;
    await outlets.start('rec', both('s1'));
    assert.deepEqual(await outlets.told(1), ['recording_started']);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_egresses'), 1);
    assert.equal(heard(alice, 'recording').length, 1);
  });

  it('changes all of what is asked, or nothing', async () => {
    await set();
    const { stage } = outlets;
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    await stage.publish(alice, 's2');
    await stage.publish(alice, 'sound', [microphone]);
    await outlets.start('rec', { video: { from: streamId('s1') } });
    const from = { change: 'from', kind: 'video', from: streamId('s2') } as const;
    const pause = { change: 'status', kind: 'video', status: 'inactive' } as const;
    const bad = { ...from, from: streamId('sound') };
    assert.deepEqual(await refusal(outlets.change('rec', from, bad)), ['track_not_found', 'changes[1].from']);
    assert.deepEqual(
      await refusal(outlets.change('rec', { change: 'status', kind: 'audio', status: 'inactive' })),
      ['bad_request', 'changes[0].kind'],
    );
    assert.equal(must(outlets.spec('rec')).video?.stream, 's1');
    await outlets.change('rec', from, pause, { change: 'encode', encode: { framerate: 12 } });
    const { egress } = await outlets.change(
      'rec',
      { change: 'encode', encode: { bitrate: 300 } },
      { change: 'keyFrameInterval', seconds: 1 },
    );
    const spec = must(outlets.spec('rec'));
    assert.deepEqual(
      [spec.video?.stream, spec.video?.paused, spec.video?.encode, spec.keyFrameInterval],
      ['s2', true, { framerate: 12, bitrate: 300 }, 1],
    );
    assert.deepEqual(egress.video?.stream, 's2');
    assert.equal((await stage.look()).recordings[0]?.status, 'paused');
  });

  it('lists how they do right now, of one type or all', async () => {
    await set();
    const { stage, scene } = outlets;
    await stage.join();
    await outlets.start('rec', both(scene.id()));
    await outlets.start('out', both(scene.id()), rtmp);
    const listed = must(outlets.outlets.egresses.get(egressId('rec')));
    listed.state = { ...listed.state, bytes: 5_000 };
    const { egresses } = await stage.admin('admin.egresses', { type: 'recording' });
    assert.deepEqual(
      egresses.map(({ id, state }) => [id, state.bytes]),
      [['rec', 5_000]],
    );
    assert.equal((await outlets.running()).length, 2);
  });

  it('survives a thousand that begin and end', async () => {
    await set({ apis: 1 });
    const { stage, scene } = outlets;
    await stage.join();
    for (let round = 0; round < 50; round += 1) {
      const ids = Array.from({ length: 20 }, (_, n) => `r${String(round)}-${String(n)}`);
      await Promise.all(ids.map((id) => outlets.start(id, both(scene.id()))));
      await Promise.all(ids.map((id) => outlets.end(id)));
    }
    assert.deepEqual(await outlets.running(), []);
    assert.equal(outlets.outlets.egresses.size, 0);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_egresses'), 0);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_egress_ends_total'), 1_000);
  }).timeout(60_000);
});
