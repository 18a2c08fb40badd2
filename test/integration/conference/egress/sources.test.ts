import assert from 'node:assert/strict';
import type { Guest } from '../../../support/scripted-agents.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { camera, microphone, must, streamId } from '../stage.ts';
import { both, Outlets, recordingsHeard } from './outlets.ts';

describe('what a recording receives', () => {
  let outlets: Outlets;
  let alice: Guest;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set(...args);
    alice = await outlets.stage.join({ user: 'alice' });
  };
  afterEach(() => outlets.stop());

  const unpublish = (id: string) =>
    alice.portal.request(outlets.stage.room, alice.id, 'unpublish', { id: streamId(id) });

  it('is told again when it is muted and unmuted', async () => {
    await set();
    const { stage } = outlets;
    await stage.publish(alice, 's1');
    await outlets.start('rec', both('s1'));
    const mute = (operation: 'pause' | 'play') =>
      stage.control(alice, { id: streamId('s1'), operation, data: 'video' });
    await mute('pause');
    const muted = await outlets.specLike('rec', ({ video }) => video?.muted === true);
    assert.equal(muted.audio?.muted, false);
    assert.equal(muted.video?.origin !== undefined, true);
    await mute('play');
    await outlets.specLike('rec', ({ video }) => video?.muted === false);
    assert.deepEqual(recordingsHeard(alice), ['started active'], 'nothing that others need to know');
  });

  it('is told nothing of other streams, layouts and texts', async () => {
    await set();
    const { stage, scene } = outlets;
    await stage.publish(alice, 's1');
    await outlets.start('rec', both('s1'));
    const count = outlets.outlets.egressSpecs.length;
    await stage.publish(alice, 's2');
    await scene.mix(alice, 's2');
    await scene.watch(alice, 'w');
    await stage.say(alice, { to: 'all', message: 'hello' });
    assert.equal(outlets.outlets.egressSpecs.length, count);
  });

  it('is followed to the new origin of a stream that lost its agent', async () => {
    await set({ accesses: 2 });
    const { stage } = outlets;
    await stage.publish(alice, 's1');
    await outlets.start('rec', both('s1'));
    const before = must(outlets.spec('rec')).audio?.origin;
    await stage.accessOf(alice).kill();
    await outlets.specLike('rec', ({ audio, video }) => audio?.origin === undefined && video !== undefined);
    await stage.publish(alice, 's1');
    const after = await outlets.specLike('rec', ({ audio }) => audio?.origin !== undefined);
    assert.notEqual(after.audio?.origin?.agent, before?.agent);
    assert.equal(outlets.outlets.ended.length, 0);
  });

  it('goes on in silence when part of it is gone, and ends when all of it is', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    await stage.publish(alice, 'sound', [microphone]);
    await stage.publish(alice, 'picture', [camera]);
    await outlets.start('rec', { audio: { from: streamId('sound') }, video: { from: streamId('picture') } });
    await outlets.start('alone', { audio: { from: streamId('sound') } });
    await unpublish('sound');
    const silent = await outlets.specLike('rec', ({ audio }) => audio?.origin === undefined);
    assert.equal(silent.audio?.muted, true);
    await until(() => outlets.hosts('alone').length === 0);
    assert.equal(outlets.hosts('rec').length, 1, 'the picture is still there');
    await unpublish('picture');
    await until(() => outlets.hosts('rec').length === 0);
    assert.deepEqual(outlets.outlets.ended, [
      { id: 'alone', reason: 'source_ended' },
      { id: 'rec', reason: 'source_ended' },
    ]);
    assert.equal(
      (await outlets.told(4)).filter((event) => event === 'recording_ended source_ended').length,
      2,
    );
  });

  it('goes on with a stream that comes back under its id in time', async () => {
    await set();
    const { stage } = outlets;
    await stage.publish(alice, 's1');
    await stage.publish(alice, 's2');
    await outlets.start('rec', both('s1'));
    await outlets.start('other', both('s2'));
    const before = must(outlets.spec('rec')).video?.origin?.producer;
    await unpublish('s1');
    await unpublish('s2');
    await outlets.specLike('rec', ({ video }) => video?.origin === undefined);
    await stage.publish(alice, 's1');
    const after = await outlets.specLike('rec', ({ video }) => video?.origin !== undefined);
    assert.notEqual(after.video?.origin?.producer, before);
    await until(() => outlets.hosts('other').length === 0);
    assert.equal(outlets.hosts('rec').length, 1);
  });

  it('has its view mixed, and keeps the mix alive though nobody watches', async () => {
    await set({ mixers: 2 });
    const { scene, stage } = outlets;
    await outlets.start('rec', both(scene.id()));
    const [host] = scene.hosts();
    const state = must(must(host).inventory(stage.room).mixes?.[0]).state;
    const spec = must(outlets.spec('rec'));
    assert.deepEqual(
      [spec.audio?.origin?.producer, spec.video?.origin?.producer],
      [must(state.audio[0]).producer, must(state.video[0]).producer],
    );
    assert.deepEqual(host?.spec()?.outputs.audio, ['common']);
    assert.deepEqual([spec.video?.format, spec.video?.parameters?.framerate], [{ codec: 'vp8' }, 24]);
    assert.equal(outlets.host('rec').id, host?.id, 'it is recorded where it is mixed');
    await scene.watch(alice, 'w');
    await scene.unwatch(alice, 'w');
    await outlets.end('rec');
    await until(() => scene.hosts().length === 0, { what: 'nobody needs the mix any more' });
    assert.deepEqual(host?.closed, ['common'], 'not before');
  });

  it('is followed when its mix moves to another agent', async () => {
    await set({ mixers: 2 });
    const { scene, stage } = outlets;
    await outlets.start('rec', both(scene.id()));
    const before = must(outlets.spec('rec')).audio?.origin;
    await must(scene.hosts()[0]).end(stage.room, 'common', 'worker_died');
    const after = await outlets.specLike(
      'rec',
      ({ audio }) => audio?.origin !== undefined && audio.origin.producer !== before?.producer,
    );
    assert.equal(after.part, 1);
    assert.equal(outlets.hosts('rec').length, 1);
  });

  it('ends with the view that it records', async () => {
    await set({ apis: 1 });
    const { scene, stage } = outlets;
    stage.api.rooms.set(stage.room, storedRoom({ views: [{ label: 'common' }] }));
    await outlets.start('rec', both(scene.id()));
    const stored = storedRoom({ views: [{ label: 'other' }] }, { version: 2 });
    await stage.manage('room.configure', { room: stage.room, stored });
    assert.deepEqual((await outlets.told(2))[1], 'recording_ended source_ended');
  });

  it('is the new picture of a view that gets another size', async () => {
    await set({ apis: 1 });
    const { scene, stage } = outlets;
    stage.api.rooms.set(stage.room, storedRoom({ views: [{ label: 'common' }] }));
    await stage.join();
    await outlets.start('rec', both(scene.id()));
    const video = { parameters: { resolution: { width: 320, height: 240 } } };
    const stored = storedRoom({ views: [{ label: 'common', video }] }, { version: 2 });
    await stage.manage('room.configure', { room: stage.room, stored });
    await outlets.specLike('rec', (spec) => spec.video?.parameters?.resolution?.width === 320);
    const mixed = await scene.spec((spec) => spec.outputs.video[0]?.resolution.width === 320);
    assert.equal(mixed.outputs.video.length, 1);
  });

  it('names those in the room', async () => {
    await set();
    await outlets.start('rec', both(outlets.scene.id()));
    const bob = await outlets.stage.join({ user: 'bob' });
    await outlets.specLike('rec', ({ participants }) => participants.length === 2);
    await outlets.stage.leave(bob);
    const spec = await outlets.specLike('rec', ({ participants }) => participants.length === 1);
    assert.deepEqual(spec.participants, [{ id: alice.id, user: 'alice' }]);
  });
});
