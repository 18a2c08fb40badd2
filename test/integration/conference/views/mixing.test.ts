import assert from 'node:assert/strict';
import type { Stage } from '../stage.ts';
import { codeOf, heard, must, streamId } from '../stage.ts';
import { camera, microphone } from '../stage.ts';
import { mixedOf, refusal, shown, type Scene, useScenes } from './scene.ts';

describe('mixing streams into views', () => {
  let scene: Scene;
  let stage: Stage;
  const set = useScenes((made) => {
    scene = made;
    stage = made.stage;
  });

  it('has mixed streams from the first moment, empty and without cost', async () => {
    await set();
    const alice = await stage.join();
    const { room } = alice.joined;
    assert.deepEqual(room.views, ['common']);
    const mixed = mixedOf(room, scene.id());
    const { layout, ...info } = mixed.info;
    assert.deepEqual(info, { label: 'common', activeInput: 'unknown', template: 'fluid', follow: false });
    assert.equal(shown(layout), '-');
    assert.deepEqual(
      mixed.media.tracks.map(({ id, type, source, format }) => [id, type, source, format.codec]),
      [
        [`${scene.id()}-0`, 'audio', 'mixed', 'opus'],
        [`${scene.id()}-1`, 'video', 'mixed', 'vp8'],
      ],
    );
    const video = must(mixed.media.tracks[1]);
    assert.deepEqual(video.parameters, {
      resolution: { width: 1280, height: 720 },
      framerate: 24,
      bitrate: 1574,
      keyFrameInterval: 100,
    });
    assert.deepEqual(video.optional.parameters?.framerate, [6, 12, 15]);
    assert.deepEqual(scene.hosts(), []);
  });

  it('tells everybody of the layout and of the views that a stream is in, once for each change', async () => {
    await set();
    const alice = await scene.enter('alice', 's1');
    const bob = await scene.enter('bob', 's2');
    await stage.hears(alice, 'stream', (event) => event.status === 'update' && event.id === streamId('s2'));
    await scene.mix(bob, 's2');
    assert.equal(shown((await scene.mixed()).info.layout), 's1 s2');
    assert.deepEqual((await scene.forward('s2')).info.inViews, ['common']);
    const updates = heard(alice, 'stream').flatMap((event) =>
      event.status === 'update' ? [[event.id, event.data.field]] : [],
    );
    assert.deepEqual(updates, [
      ['s1', 'inViews'],
      [scene.id(), 'video.layout'],
      ['s2', 'inViews'],
      [scene.id(), 'video.layout'],
    ]);
    await scene.unmix(alice, 's1');
    await scene.unmix(alice, 's1');
    assert.equal(shown((await scene.mixed()).info.layout), 's2');
    assert.deepEqual((await scene.forward('s1')).info.inViews, []);
  });

  it('is for owners and moderators, and names what is wrong', async () => {
    await set();
    const alice = await scene.enter('alice', 's1');
    const viewer = await stage.join({ role: 'viewer' });
    assert.equal(await codeOf(scene.mix(viewer, 's1')), 'forbidden');
    assert.equal(await codeOf(scene.unmix(viewer, 's1')), 'forbidden');
    assert.deepEqual(await refusal(scene.mix(alice, 's1', 'other')), ['not_found', 'data']);
    assert.deepEqual(await refusal(scene.mix(alice, 'nobody')), ['stream_not_found', 'id']);
    assert.deepEqual(await refusal(scene.mix(alice, scene.id())), ['bad_request', 'id']);
    await assert.rejects(scene.mix(alice, scene.id()), /Stream is Mixed/);
    const pause = { id: scene.id(), operation: 'pause' as const, data: 'av' as const };
    await assert.rejects(stage.control(alice, pause), /Stream is Mixed/);
    const admin = { id: streamId('s1'), view: 'other', operation: 'mix' as const };
    assert.deepEqual(await refusal(stage.admin('admin.mix', admin)), ['not_found', 'view']);
    assert.deepEqual(await refusal(stage.admin('admin.unpublish', { id: scene.id() })), [
      'bad_request',
      'id',
    ]);
    const bob = await stage.join({ user: 'bob' });
    assert.equal(await codeOf(scene.unmix(bob, 's1')), 'ok', 'a presenter moderates');
  });

  it('keeps ids of mixed streams and their tracks for themselves', async () => {
    await set();
    const alice = await stage.join();
    for (const id of [scene.id(), `${scene.id()}-0`, `${scene.id()}-1`]) {
      assert.equal(await codeOf(stage.register(alice, id)), 'stream_exists');
    }
  });

  it('gives sound without picture no region', async () => {
    await set();
    const alice = await stage.join();
    await stage.publish(alice, 's1', [microphone]);
    await stage.publish(alice, 's2', [camera]);
    for (const id of ['s1', 's2']) await scene.mix(alice, id);
    assert.equal(shown((await scene.mixed()).info.layout), 's2');
    const { views } = await stage.admin('admin.views', {});
    assert.deepEqual(must(views[0]).inputs, ['s1', 's2']);
    await scene.watch(alice, 'sub');
    const spec = await scene.spec(({ inputs }) => inputs.length === 2);
    assert.deepEqual(
      spec.inputs.map(({ audio, video }) => [audio !== undefined, video !== undefined]),
      [
        [true, false],
        [false, true],
      ],
    );
  });

  it('of a stream that is just being published happens when it is there', async () => {
    await set();
    const alice = await stage.join();
    await stage.register(alice, 's1');
    await scene.mix(alice, 's1');
    assert.equal(shown((await scene.mixed()).info.layout), '-');
    await stage.access.produce(stage.room, streamId('s1'));
    const added = await stage.hears(alice, 'stream', ({ status }) => status === 'add');
    assert.ok(added.status === 'add' && added.data.type === 'forward');
    assert.deepEqual(added.data.info.inViews, ['common']);
    await stage.hears(alice, 'stream', (event) => event.status === 'update' && event.id === scene.id());
    assert.equal(shown((await scene.mixed()).info.layout), 's1');
  });

  it('happens by itself where the room says so, but not to what somebody took out', async () => {
    const views = [{ label: 'common' }, { label: 'sound', video: false }];
    await set({}, { rooms: { default: { auto_mix: true, views } } });
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const { info } = await scene.forward('s1');
    assert.deepEqual(info.inViews, ['common', 'sound']);
    await scene.unmix(alice, 's1', 'sound');
    assert.deepEqual((await scene.mixed('sound')).info.layout, []);
    assert.deepEqual((await scene.forward('s1')).info.inViews, ['common']);
    const added = heard(alice, 'stream').map((event) => event.status);
    assert.deepEqual(
      added.slice(0, 2),
      ['add', 'update'],
      'the layout never names a stream that is not known',
    );
  });

  it('ends with the stream', async () => {
    await set();
    const alice = await scene.enter('alice', 's1');
    const bob = await scene.enter('bob', 's2');
    await scene.watch(bob, 'sub');
    await alice.portal.request(stage.room, alice.id, 'unpublish', { id: streamId('s1') });
    assert.equal(shown((await scene.mixed()).info.layout), 's2');
    await scene.spec(({ inputs }) => inputs.length === 1);
    await stage.leave(bob);
    assert.equal(shown((await scene.mixed()).info.layout), '-');
  });

  it('tells the mix of mutes, and of streams that are interrupted and published again', async () => {
    await set();
    const alice = await scene.enter('alice', 's1');
    const bob = await stage.join({ user: 'bob' });
    await scene.watch(bob, 'sub');
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'video' });
    await scene.spec(({ inputs }) => inputs[0]?.video?.paused === true && !inputs[0].audio?.paused);
    const before = must(scene.mixer.spec()?.inputs[0]);
    assert.equal(before.name, 'alice');
    await stage.access.end(stage.room, { publications: [streamId('s1')] }, 'worker_died');
    const away = await scene.spec(({ inputs }) => inputs[0]?.audio?.origin === undefined);
    assert.equal(shown(away.layout), 's1', 'its region stays');
    await stage.publish(alice, 's1');
    const back = await scene.spec(({ inputs }) => inputs[0]?.audio?.origin !== undefined);
    assert.notEqual(back.inputs[0]?.audio?.origin?.producer, before.audio?.origin?.producer);
    assert.equal(back.inputs[0]?.video?.paused, true);
  });
});
