import assert from 'node:assert/strict';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import type { Stage } from '../stage.ts';
import { codeOf, heard, must, streamId, subscriptionId } from '../stage.ts';
import { refusal, type Scene, useScenes } from './scene.ts';

describe('receiving a view', () => {
  let scene: Scene;
  let stage: Stage;
  const set = useScenes((made) => {
    scene = made;
    stage = made.stage;
  });

  const videoKeys = () => scene.mixer.spec()?.outputs.video.map(({ key }) => key) ?? [];
  const audioKeys = () => scene.mixer.spec()?.outputs.audio ?? [];
  const events = () =>
    stage.api.events(stage.room).flatMap((event) => {
      if (event.type === 'mix_started') return ['started'];
      return event.type === 'mix_stopped' ? [`stopped ${event.reason}`] : [];
    });

  it('has it mixed, without oneself, and grants where that can be fetched', async () => {
    await set({ apis: 1 });
    const alice = await scene.enter('alice', 's1');
    const viewer = await stage.join({ user: 'viewer', role: 'viewer' });
    const answer = await scene.watch(alice, 'sub-a');
    assert.deepEqual(
      answer.tracks.map(({ id, type, stream }) => [id, type, stream]),
      [
        [`${scene.id()}-0`, 'audio', scene.id()],
        [`${scene.id()}-1`, 'video', scene.id()],
      ],
    );
    await scene.watch(viewer, 'sub-v');
    const spec = must(scene.mixer.spec());
    assert.deepEqual([...spec.outputs.audio].sort(), [alice.id, 'common'].sort());
    assert.deepEqual(spec.outputs.video, [
      {
        key: 'main',
        resolution: { width: 1280, height: 720 },
        framerate: 24,
        bitrate: 1574,
        keyFrameInterval: 100,
      },
    ]);
    const state = must(scene.mixer.inventory(stage.room).mixes?.[0]).state;
    const own = must(state.audio.find(({ key }) => key === alice.id));
    const [sound, picture] = must(scene.grant('sub-a')).tracks;
    assert.deepEqual(sound?.origin, {
      agent: scene.mixer.id,
      router: scene.mixer.router,
      producer: own.producer,
    });
    assert.equal(picture?.origin.producer, must(state.video[0]).producer);
    assert.deepEqual(spec.video?.resolution, { width: 1280, height: 720 });
    const { views } = await stage.admin('admin.views', {});
    assert.equal(must(views[0]).agent, scene.mixer.id);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_views_running'), 1);
    await until(() => events().length === 1);
  });

  it('ends the mix some time after the last one has left it', async () => {
    await set({ apis: 1 });
    const alice = await scene.enter('alice', 's1');
    await scene.watch(alice, 'sub');
    await scene.unwatch(alice, 'sub');
    await scene.watch(alice, 'again');
    await scene.unwatch(alice, 'again');
    await until(() => scene.hosts().length === 0);
    assert.deepEqual(scene.mixer.closed, ['common']);
    await until(() => events().length === 2);
    assert.deepEqual(events(), ['started', 'stopped closed']);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_views_running'), 0);
    await scene.watch(alice, 'later');
    assert.equal(scene.hosts().length, 1);
  });

  it('makes few calls of a burst, and none when nothing changes', async () => {
    await set();
    const guests = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stage.join({ user: `user-${n}`, role: 'viewer' })),
    );
    const held = scene.mixer.hold('mix.apply');
    const watching = guests.map((guest, n) => scene.watch(guest, `sub-${n}`));
    await held.arrived;
    held.release();
    await Promise.all(watching);
    assert.ok(scene.mixer.specs.length <= 3, String(scene.mixer.specs.length));
    const count = scene.mixer.specs.length;
    await scene.watch(must(guests[0]), 'another');
    assert.equal(scene.mixer.specs.length, count);
  });

  it('keeps only outputs that somebody receives', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    const bob = await stage.join({ user: 'bob' });
    await scene.watch(alice, 'a');
    await scene.watch(bob, 'b', { kinds: ['audio'] });
    assert.deepEqual([...audioKeys()].sort(), [alice.id, bob.id].sort());
    await scene.unwatch(alice, 'a');
    await until(() => audioKeys().length === 1);
    assert.deepEqual([audioKeys(), videoKeys()], [[bob.id], []]);
  });

  it('in another size, rate or bitrate has its own output, shared by all who ask for the same', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    const bob = await stage.join({ user: 'bob' });
    const small = { resolution: { width: 640, height: 360 }, framerate: 12 };
    await scene.watch(alice, 'a', { parameters: small });
    await scene.watch(bob, 'b', { parameters: { ...small, bitrate: 'x1.0', keyFrameInterval: 100 } });
    await scene.watch(bob, 'c', { parameters: { framerate: 24 } });
    const outputs = must(scene.mixer.spec()).outputs.video;
    assert.deepEqual(
      outputs.map(({ resolution, framerate, bitrate }) => [resolution.width, framerate, bitrate]),
      [
        [640, 12, 197],
        [1280, 24, 1574],
      ],
    );
    assert.equal(scene.grant('a')?.tracks[1]?.origin.producer, scene.grant('b')?.tracks[1]?.origin.producer);
    assert.equal(scene.grant('a')?.tracks[1]?.source?.framerate, 12);
    await scene.unwatch(bob, 'c');
    await until(() => !videoKeys().includes('main'));
    const control = (parameters: object) =>
      alice.portal.request(stage.room, alice.id, 'subscription-control', {
        id: subscriptionId('a'),
        operation: 'update',
        data: { video: { parameters } },
      });
    assert.equal(await codeOf(control(small)), 'ok');
    assert.deepEqual(await refusal(control({ framerate: 15 })), ['not_supported', 'data.video.parameters']);
  });

  it('in what the view does not offer is refused in the words of OWT', async () => {
    await set({ apis: 1 });
    stage.api.rooms.set(
      stage.room,
      storedRoom({ transcoding: { video: { parameters: { framerate: true } } } }),
    );
    const alice = await stage.join();
    const watch = (parameters: object) => scene.watch(alice, 'sub', { parameters });
    for (const [parameters, sentence] of [
      [{ resolution: { width: 320, height: 240 } }, 'Resolution is not acceptable'],
      [{ framerate: 13 }, 'Framerate is not acceptable'],
      [{ framerate: 30 }, 'Framerate is not acceptable'],
      [{ bitrate: 'x0.8' }, 'Bitrate is not acceptable'],
      [{ bitrate: 123 }, 'Bitrate is not acceptable'],
      [{ bitrate: 'much' }, 'Bitrate is not acceptable'],
      [{ keyFrameInterval: 1 }, 'KeyFrameInterval is not acceptable'],
    ] as const) {
      const [name] = Object.keys(parameters);
      assert.deepEqual(await refusal(watch(parameters)), [
        'bad_request',
        `media.tracks[1].parameters.${name}`,
      ]);
      await assert.rejects(watch(parameters), {
        message: `Target video stream does NOT satisfy:${sentence}`,
      });
    }
    assert.equal(await codeOf(watch({ framerate: 12, bitrate: 'x1' })), 'ok');
    assert.equal(scene.mixer.specs.length, 1);
  });

  it('stops at the most encodings of a view', async () => {
    await set({}, { mixer: { outputs_per_view: 2 } });
    const alice = await stage.join();
    const at = (framerate: number) =>
      scene.watch(alice, `at-${framerate}`, { parameters: { framerate }, kinds: ['video'] });
    await at(24);
    await at(12);
    assert.deepEqual(await refusal(at(6)), ['resource_exhausted', 'media.tracks']);
    assert.equal(await codeOf(scene.watch(alice, 'shared', { parameters: { framerate: 12 } })), 'ok');
    await scene.unwatch(alice, 'at-24');
    assert.equal(await codeOf(at(6)), 'ok');
  });

  it('is refused with a reason when no mixer agent takes it, and goes to the next one', async () => {
    await set({ mixers: 2 });
    const alice = await stage.join();
    const full = new PorticoError('resource_exhausted', 'all cores are busy', { retryAfterMs: 500 });
    for (const { service } of stage.mixers) service.refusal = full;
    await assert.rejects(scene.watch(alice, 'sub'), { code: 'resource_exhausted', message: full.message });
    must(stage.mixers[1]).service.refusal = undefined;
    assert.equal(await codeOf(scene.watch(alice, 'sub')), 'ok');
    assert.equal(scene.hosts().length, 1);
  });

  it('is refused at once where there is no mixer agent, and works as soon as there is one', async () => {
    await set({ mixers: 0 });
    const alice = await stage.join();
    await assert.rejects(scene.watch(alice, 'sub'), {
      code: 'resource_exhausted',
      message: 'no mixer agent is available',
    });
    assert.equal(stage.access.subscriptions.size, 0);
    const mixer = await scene.cluster.mixer();
    await scene.cluster.acquainted(must(stage.conferences[0]), mixer);
    assert.equal(await codeOf(scene.watch(alice, 'sub')), 'ok');
  });

  it('fails for good where the view cannot be mixed at all', async () => {
    await set();
    const alice = await stage.join();
    const error = new PorticoError('codec_unsupported', 'vp9 cannot be mixed', { field: 'video.format' });
    scene.mixer.fail('mix.apply', error);
    await assert.rejects(scene.watch(alice, 'sub'), { code: 'codec_unsupported', message: error.message });
  });

  it('is not waited for by whoever leaves meanwhile', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    const held = scene.mixer.hold('mix.apply');
    const watching = codeOf(scene.watch(alice, 'sub'));
    await held.arrived;
    await stage.leave(alice);
    assert.equal(await watching, 'participant_not_found');
    held.release();
    await until(() => scene.mixer.closed.length === 1 || scene.hosts().length === 0);
    assert.equal(stage.access.subscriptions.size, 0);
  });

  it('of one who may speak from now on is given without the own voice', async () => {
    await set();
    const viewer = await stage.join({ user: 'viewer', role: 'viewer' });
    await scene.watch(viewer, 'sub');
    assert.deepEqual(audioKeys(), ['common']);
    const changes = [{ action: 'publish' as const, kind: 'audio' as const, value: true }];
    await stage.admin('admin.permit', { id: viewer.id, changes });
    const ended = await stage.hears(viewer, 'progress');
    assert.deepEqual(ended.data, { reason: 'source_interrupted', transports: false });
    await scene.watch(viewer, 'sub');
    assert.ok(audioKeys().includes(viewer.id));
  });

  it('and single streams at once works, and the same request is the same subscription', async () => {
    await set();
    const alice = await scene.enter('alice', 's1');
    const bob = await stage.join({ user: 'bob' });
    const tracks = [
      { type: 'audio' as const, from: scene.id() },
      { type: 'video' as const, from: streamId('s1') },
    ];
    const request = {
      id: subscriptionId('sub'),
      media: { tracks },
      transport: { type: 'mediasoup' as const },
    };
    const subscribe = () => bob.portal.request(stage.room, bob.id, 'subscribe', request);
    assert.deepEqual(await subscribe(), await subscribe());
    assert.deepEqual(
      scene.grant('sub')?.tracks.map(({ origin }) => origin.agent),
      [scene.mixer.id, stage.access.id],
    );
    assert.deepEqual(heard(alice, 'progress'), []);
  });
});
