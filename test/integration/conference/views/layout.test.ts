import assert from 'node:assert/strict';
import type { WantedLayout } from '../../../../common/contract/layout.ts';
import { RouterId } from '../../../../common/contract/ids.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import type { Stage } from '../stage.ts';
import { codeOf, heard, must, streamId } from '../stage.ts';
import { refusal, shown, type Scene, useScenes } from './scene.ts';

const half = (id: string, left: string): WantedLayout[number]['region'] => ({
  id,
  shape: 'rectangle',
  area: { left, top: '0', width: '1/2', height: '1' },
});

describe('what a view shows where', () => {
  let scene: Scene;
  let stage: Stage;
  let alice: Guest;
  const set = useScenes(async (made) => {
    scene = made;
    stage = made.stage;
    alice = await scene.enter('alice', 's1');
    await scene.enter('bob', 's2');
    await scene.enter('carol', 's3');
  });

  const layout = async () => shown((await scene.mixed()).info.layout);
  const setLayout = (guest: Guest, data: object, id = scene.id()) =>
    stage.control(guest, { id, operation: 'set-layout', data } as never);

  it('is asked and said by region, of whoever owns the stream', async () => {
    await set();
    const region = { view: 'common', region: '1' };
    const viewer = await stage.join({ role: 'viewer' });
    const setRegion = (guest: Guest, id: string, data = region) =>
      stage.control(guest, { id: streamId(id), operation: 'set-region', data });
    assert.deepEqual(await setRegion(alice, 's3'), {}, 'she moderates');
    assert.equal(await layout(), 's3 s2 s1');
    const get = { id: streamId('s1'), operation: 'get-region' as const, data: 'common' };
    assert.deepEqual(await stage.control(alice, get), { region: '3' });
    await scene.unmix(alice, 's1');
    assert.deepEqual(await stage.control(alice, get), {});
    assert.deepEqual(await refusal(setRegion(alice, 's1')), ['bad_request', 'id']);
    assert.deepEqual(await refusal(setRegion(alice, 's2', { view: 'x', region: '1' })), [
      'not_found',
      'data.view',
    ]);
    assert.deepEqual(await refusal(setRegion(alice, 's2', { view: 'common', region: '9' })), [
      'not_found',
      'data.region',
    ]);
    assert.equal(await codeOf(setRegion(viewer, 's2')), 'forbidden');
  });

  it('is changed by moderators: template, primary, whole layouts', async () => {
    await set();
    const watcher = await stage.join({ user: 'watcher' });
    await scene.watch(watcher, 'sub');
    await setLayout(alice, { template: 'lecture' });
    assert.equal(await layout(), 's1 s2 s3');
    const lecture = await scene.spec((one) => one.layout[0]?.region.area.width === '2/3');
    assert.equal(lecture.layout.length, 3);
    await setLayout(alice, { primary: 's2' });
    assert.equal(await layout(), 's2 s1 s3');
    await setLayout(alice, {
      layout: [{ stream: 's3', region: half('a', '0') }, { region: half('b', '0.5') }],
    });
    assert.equal(await layout(), 's3 s2');
    const spec = await scene.spec((one) => one.layout.length === 2);
    assert.deepEqual(must(spec.layout[1]).region.area, {
      left: '1/2',
      top: '0/1',
      width: '1/2',
      height: '1/1',
    });
    await setLayout(alice, { stream: 's1', index: 1 });
    assert.equal(await layout(), 's3 s1', 'whoever waits comes in');
    await setLayout(alice, { stream: 's1', region: 'a' });
    assert.equal(await layout(), 's1 s3');
    await setLayout(alice, { template: null });
    assert.equal(await layout(), 's1 s3 s2');
  });

  it('comes with what decides about it, for everybody', async () => {
    await set();
    const mode = async () => {
      const { template, follow } = (await scene.mixed()).info;
      return [template, follow];
    };
    assert.deepEqual(await mode(), ['fluid', false]);
    const region = { ...half('a', '0'), area: { left: '0', top: '0', width: '1', height: '1' } };
    await setLayout(alice, { template: 'fluid' });
    await setLayout(alice, { keepActiveInputPrimary: true });
    await setLayout(alice, { template: 'lecture' });
    await setLayout(alice, { primary: 's2' });
    await setLayout(alice, { layout: [{ region }] });
    assert.deepEqual(await mode(), ['custom', true]);
    await setLayout(alice, { template: null });
    await setLayout(alice, { keepActiveInputPrimary: false });
    const told = await until(() => {
      const values = heard(alice, 'stream').flatMap((event) =>
        event.status === 'update' && event.data.field === 'layoutMode' ? [event.data.value] : [],
      );
      return values.length >= 5 && values.map(({ template, follow }) => [template, follow]);
    });
    assert.deepEqual(told, [
      ['fluid', true],
      ['lecture', true],
      ['custom', true],
      ['fluid', true],
      ['fluid', false],
    ]);
  });

  it('cannot be changed by others, or to what makes no sense, and nothing changes then', async () => {
    await set();
    const viewer = await stage.join({ role: 'viewer' });
    const before = await layout();
    assert.equal(await codeOf(setLayout(viewer, { template: 'lecture' })), 'forbidden');
    assert.deepEqual(await refusal(setLayout(alice, { primary: 's9' })), [
      'stream_not_found',
      'data.primary',
    ]);
    assert.deepEqual(await refusal(setLayout(alice, { stream: 's1', index: 200 })), [
      'not_found',
      'data.index',
    ]);
    assert.deepEqual(await refusal(setLayout(alice, { template: 'lecture' }, streamId('s1'))), [
      'bad_request',
      'id',
    ]);
    assert.deepEqual(await refusal(setLayout(alice, { template: 'lecture' }, streamId('s9'))), [
      'stream_not_found',
      'id',
    ]);
    const hole = [{ region: half('a', '0') }, { stream: 's1', region: half('b', '1/2') }];
    assert.deepEqual(await refusal(setLayout(alice, { layout: hole })), [
      'bad_request',
      'data.layout[0].stream',
    ]);
    const twice = [half('a', '0'), half('a', '1/2')].map((region) => ({ region }));
    const [code, field] = await refusal(
      stage.admin('admin.layout', { id: scene.id(), change: { layout: twice } }),
    );
    assert.deepEqual([code, field], ['bad_request', 'change.layout[1].region.id']);
    for (const bad of [{}, { template: 'void' }, { layout: [] }, { stream: 's1' }, { primary: 7 }, []]) {
      assert.equal(await codeOf(setLayout(alice, bad)), 'bad_request', JSON.stringify(bad));
    }
    assert.equal(await layout(), before);
  });

  it('is told to management', async () => {
    await set({ apis: 1 });
    const { stream } = await stage.admin('admin.layout', {
      id: scene.id(),
      change: { primary: streamId('s3') },
    });
    assert.equal(shown(stream.info.layout), 's3 s2 s1');
    const changes = await until(() => {
      const events = stage.api.events(stage.room).flatMap((event) => {
        return event.type === 'layout_changed' ? [shown(event.stream.info.layout)] : [];
      });
      return events.length >= 4 && events;
    });
    assert.deepEqual(changes, ['s1', 's1 s2', 's1 s2 s3', 's3 s2 s1']);
  });

  it('does not exist without a picture', async () => {
    await set({}, { rooms: { default: { views: [{ label: 'common', video: false }] } } });
    assert.equal(await layout(), '');
    assert.equal((await scene.mixed()).info.template, undefined);
    assert.equal(await codeOf(setLayout(alice, { primary: 's1' })), 'bad_request');
    const video = scene.watch(alice, 'sub');
    assert.deepEqual(await refusal(video), ['track_not_found', 'media.tracks[1].from']);
    await scene.watch(alice, 'sub', { kinds: ['audio'] });
    assert.equal(scene.mixer.spec()?.video, undefined);
    assert.equal(must(scene.mixer.spec()?.inputs[0]).video, undefined);
  });

  describe('with somebody speaking', () => {
    const speaks = (...who: string[]) => {
      const people = stage.portalAt(0).participants;
      const ids = who.map((name) => must([...people.values()].find(({ user }) => user === name)).id);
      return stage.access.report(stage.room, 'speaking', {
        agent: stage.access.id,
        router: RouterId.parse('router-1'),
        participants: ids.map((id, index) => ({ id, volume: -20 - index })),
        dominant: ids[0] ?? null,
      });
    };
    const active = () =>
      heard(alice, 'stream').flatMap((event) =>
        event.status === 'update' && event.data.field === 'activeInput' ? [event.data.value] : [],
      );

    it('names the active input, which stays in silence and goes with its stream', async () => {
      await set();
      await stage.join({ user: 'dave' });
      await speaks('dave', 'bob');
      await speaks();
      await speaks('carol', 'bob');
      await until(() => active().length === 2);
      await speaks();
      assert.equal((await scene.mixed()).info.activeInput, 's3');
      await scene.unmix(alice, 's3');
      await stage.control(alice, { id: streamId('s2'), operation: 'pause', data: 'audio' });
      await speaks('bob');
      assert.equal((await scene.mixed()).info.activeInput, 'unknown', 'nobody hears who is muted');
      assert.deepEqual(active(), ['s2', 's3', 'unknown']);
    });

    it('is led by the speaker where the view says so, but not in a hurry', async () => {
      await set();
      await setLayout(alice, { keepActiveInputPrimary: true });
      await speaks('bob');
      await until(async () => (await layout()) === 's2 s1 s3');
      const movedAt = performance.now();
      await speaks('carol');
      await speaks('alice');
      await until(async () => (await layout()) === 's1 s2 s3', { what: 'the next one moves later' });
      assert.ok(performance.now() - movedAt > 1_000);
      await setLayout(alice, { keepActiveInputPrimary: false });
      await speaks('carol');
      await until(() => active().at(-1) === 's3');
      assert.equal(await layout(), 's1 s2 s3');
    });
  });
});
