import assert from 'node:assert/strict';
import type { Layout } from '../../../../common/contract/layout.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import type { Stage } from '../stage.ts';
import { codeOf, heard, must, streamId } from '../stage.ts';
import { mixedOf, shown, type Scene, useScenes } from './scene.ts';

/** The streams in their order, behind the width of the first: 2/3 is a lecture's. */
const arranged = (layout: Layout): string => `${layout[0]?.region.area.width}: ${shown(layout)}`;

describe('taking over a room with views', () => {
  let scene: Scene;
  let stage: Stage;
  let alice: Guest;
  let bob: Guest;
  const set = useScenes(
    async (made) => {
      scene = made;
      stage = made.stage;
      alice = await scene.enter('alice', 's1');
      bob = await scene.enter('bob', 's2');
      await scene.enter('carol', 's3');
      await stage.control(alice, { id: scene.id(), operation: 'set-layout', data: { template: 'lecture' } });
      await stage.control(alice, {
        id: scene.id(),
        operation: 'set-layout',
        data: { primary: streamId('s3') },
      });
      await scene.watch(bob, 'b');
    },
    { conferences: 2, portals: 2 },
  );

  const remembered = () =>
    until(() => stage.portalAt(0).owners.memory(stage.room).views?.views[0]?.layout.inputs[0] === 's3', {
      what: 'members remember the layout',
    });
  const takeOver = async () => {
    await remembered();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'anybody?' });
    return await stage.hears(alice, 'room');
  };

  it('shows what was shown, and disturbs neither the mix nor those who receive it', async () => {
    await set();
    const before = must(scene.mixer.inventory(stage.room).mixes?.[0]).state;
    const count = scene.mixer.specs.length;
    const room = await takeOver();
    assert.equal(arranged(mixedOf(room, scene.id()).info.layout), '2/3: s3 s2 s1');
    const views = room.streams.flatMap((one) => (one.type === 'forward' ? [one.info.inViews] : []));
    assert.deepEqual(views, [['common'], ['common'], ['common']]);
    await scene.watch(alice, 'a', { kinds: ['video'] });
    assert.equal(scene.mixer.specs.length, count, 'nothing had to be said');
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'video' });
    await scene.spec(({ inputs }) => inputs.some(({ video }) => video?.paused === true));
    const after = must(scene.mixer.inventory(stage.room).mixes?.[0]).state;
    assert.deepEqual([after.audio, after.video], [before.audio, before.video]);
    assert.ok(after.revision > before.revision);
    assert.deepEqual(heard(bob, 'progress'), []);
    await scene.unwatch(bob, 'b');
    await scene.unwatch(alice, 'a');
    await until(() => scene.hosts().length === 0, { what: 'the mix ends like any other' });
  });

  it('remembers more than once, and what somebody new was told', async () => {
    await set({ conferences: 3 });
    await remembered();
    const newcomer = await scene.cluster.portal();
    await until(() => newcomer.service.owners.memory(stage.room).views, { what: 'a new member is told' });
    await takeOver();
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'again?' });
    await until(() => heard(alice, 'room').length === 2);
    const room = must(heard(alice, 'room')[1]);
    assert.equal(arranged(mixedOf(room, scene.id()).info.layout), '2/3: s3 s2 s1');
  });

  it('finds the mixer agent dead, too, and goes on elsewhere', async () => {
    await set({ mixers: 2 });
    await remembered();
    const lost = must(stage.mixers.find(({ service }) => service.mixes.has('common')));
    await Promise.all([stage.ownerOf(alice).kill(), lost.kill()]);
    await stage.say(alice, { to: 'all', message: 'anybody?' });
    const ended = await stage.hears(bob, 'progress');
    assert.deepEqual(ended.data, { reason: 'source_interrupted', transports: false });
    await scene.watch(bob, 'b');
    const spec = await scene.spec(({ outputs }) => outputs.audio.length === 1);
    assert.equal(arranged(spec.layout), '2/3: s3 s2 s1');
  });

  it('waits for what is heard late, and closes nothing meanwhile', async () => {
    await set({}, { cluster: { inventory_timeout_ms: 50, orphan_ms: 1_000 } });
    await remembered();
    const before = must(scene.mixer.inventory(stage.room).mixes?.[0]).state;
    const held = scene.mixer.hold('room.inventory');
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'anybody?' });
    await held.arrived;
    const watching = scene.watch(alice, 'a');
    held.release();
    await watching;
    const after = must(scene.mixer.inventory(stage.room).mixes?.[0]).state;
    for (const output of [...before.audio, ...before.video]) {
      assert.ok([...after.audio, ...after.video].some(({ producer }) => producer === output.producer));
    }
    assert.deepEqual(heard(bob, 'progress'), []);
  });

  it('lets go of streams and mixes that nobody names any more', async () => {
    await set({}, { cluster: { orphan_ms: 300 } });
    await remembered();
    // As if he had left, and his media with him, while nobody owned the room.
    bob.portal.participants.delete(bob.id);
    stage.access.publications.delete(streamId('s2'));
    stage.access.subscriptions.clear();
    stage.access.seats.delete(bob.id);
    await takeOver();
    await until(async () => arranged((await scene.mixed()).info.layout) === '2/3: s3 s1');
    await until(() => scene.hosts().length === 0, { what: 'the mix that nobody receives is closed' });
  });

  it('mixes no stream in again that somebody took out', async () => {
    await set({}, { rooms: { default: { auto_mix: true } } });
    await scene.unmix(alice, 's2');
    await until(() => stage.portalAt(0).owners.memory(stage.room).views?.views[0]?.unmixed?.length === 1);
    const room = await takeOver();
    assert.equal(arranged(mixedOf(room, scene.id()).info.layout), '2/3: s3 s1');
    await stage.publish(bob, 's4');
    await until(async () => arranged((await scene.mixed()).info.layout) === '2/3: s3 s1 s4');
  });

  it('begins anew when everybody had left', async () => {
    await set();
    await remembered();
    for (const id of [...stage.portalAt(0).participants.keys()])
      await stage.portalAt(0).leave(stage.room, id);
    await until(() => scene.hosts().length === 0, { what: 'no mix outlives its room' });
    await stage.ownerOf(alice).stop();
    const guest = await stage.join({ user: 'dave' });
    assert.equal(shown(mixedOf(guest.joined.room, scene.id()).info.layout), '-');
  });
});

describe('other settings of a room with views', () => {
  let scene: Scene;
  let stage: Stage;
  let alice: Guest;
  const set = useScenes(
    (made) => {
      scene = made;
      stage = made.stage;
    },
    { apis: 1 },
  );
  beforeEach(async () => {
    await set();
    configureStore([{ label: 'common' }, { label: 'old' }]);
    alice = await scene.enter('alice', 's1');
    await scene.mix(alice, 's1', 'old');
    await scene.watch(alice, 'a');
    await scene.watch(alice, 'o', { view: 'old' });
  });

  type Views = NonNullable<Parameters<typeof storedRoom>[0]>['views'];
  let version = 0;
  const configureStore = (views: Views, others: object = {}) => {
    version += 1;
    const stored = storedRoom({ views: views ?? [], ...others }, { version });
    stage.api.rooms.set(stage.room, stored);
    return stored;
  };
  const configure = (views: Views, others: object = {}) =>
    stage.manage('room.configure', { room: stage.room, stored: configureStore(views, others) });

  it('keep the inputs of views that stay, end those that are gone and begin new ones', async () => {
    const video = { parameters: { resolution: { width: 320, height: 240 } } };
    await configure([{ label: 'new' }, { label: 'common', video }]);
    const room = await stage.look();
    assert.deepEqual(room.views, ['new', 'common']);
    assert.equal(shown(mixedOf(room, scene.id()).info.layout), 's1');
    assert.deepEqual((await scene.forward('s1')).info.inViews, ['common']);
    await scene.spec(({ video: picture }) => picture?.resolution.width === 320);
    assert.equal(scene.grant('a') !== undefined, true);
    const ended = await stage.hears(alice, 'progress', ({ id }) => id === 'o');
    assert.deepEqual(ended.data, { reason: 'source_ended', transports: false });
    await until(() => scene.hosts('old').length === 0);
    const told = heard(alice, 'stream').map((event) => `${event.status} ${event.id}`);
    assert.ok(told.includes(`remove ${scene.id('old')}`));
    assert.ok(told.includes(`add ${scene.id('new')}`));
    assert.equal(await codeOf(scene.watch(alice, 'n', { view: 'new' })), 'ok');
    assert.equal(await codeOf(scene.watch(alice, 'x', { view: 'old' })), 'stream_not_found');
  });

  it('mix by themselves from now on, also into new views', async () => {
    await scene.unmix(alice, 's1', 'old');
    await configure([{ label: 'common' }, { label: 'old' }, { label: 'new' }], { autoMix: true });
    assert.deepEqual((await scene.forward('s1')).info.inViews, ['common', 'new']);
  });

  it('take the name of a view away from a stream that has it', async () => {
    await stage.publish(alice, scene.id('new'));
    await configure([{ label: 'common' }, { label: 'new' }]);
    await stage.hears(alice, 'progress', ({ id }) => id === scene.id('new'));
    assert.equal(mixedOf(await stage.look(), scene.id('new')).type, 'mixed');
  });

  it('without views leave nothing running', async () => {
    await configure([]);
    await until(() => scene.hosts().length + scene.hosts('old').length === 0);
    assert.deepEqual((await stage.look()).views, []);
    assert.equal(await codeOf(scene.mix(alice, 's1')), 'not_found');
  });
});
