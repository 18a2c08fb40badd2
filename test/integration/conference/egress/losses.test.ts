import assert from 'node:assert/strict';
import { heartbeatTopic } from '../../../../common/contract/cluster.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import { must, streamId } from '../stage.ts';
import { both, egressId, Outlets, recordingsHeard, rtmp } from './outlets.ts';

describe('losing the agent of a recording', () => {
  let outlets: Outlets;
  let alice: Guest;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set({ mixers: 2, ...args[0] }, args[1]);
    alice = await outlets.stage.join();
    await outlets.stage.publish(alice, 's1');
    await outlets.start('rec', both('s1'));
  };
  afterEach(() => outlets.stop());

  const part = (number: number) => outlets.specLike('rec', (spec) => spec.part === number);

  it('begins the next part on another one at once', async () => {
    await set({ apis: 1 });
    const lost = must(outlets.hosts('rec')[0]);
    await lost.kill();
    const spec = await part(2);
    assert.equal(spec.audio?.origin?.agent, outlets.stage.access.id);
    assert.notEqual(outlets.host('rec').id, lost.service.id);
    await until(() => recordingsHeard(alice).length === 3);
    assert.deepEqual(recordingsHeard(alice), ['started active', 'changed interrupted', 'changed active']);
    const { egress } = await outlets.end('rec');
    assert.deepEqual(
      egress.state.files.map((file) => file.part),
      [1, 2],
      'files of all parts are named',
    );
    assert.equal(await metric(must(outlets.stage.conferences[0]), 'portico_egress_parts_total'), 2);
    assert.deepEqual(await outlets.told(2), ['recording_started', 'recording_ended stopped']);
  });

  it('keeps trying when there is no other one, and tells so', async () => {
    await set({ mixers: 1 });
    await must(outlets.hosts('rec')[0]).kill();
    await until(() => recordingsHeard(alice).at(-1) === 'changed interrupted');
    const [egress] = await outlets.running();
    assert.deepEqual([egress?.agent, egress?.state.status], [undefined, 'retrying']);
    const mixer = await outlets.scene.cluster.mixer();
    await until(() => mixer.service.outlets.egresses.get(egressId('rec'))?.spec.part === 2);
    await until(() => recordingsHeard(alice).at(-1) === 'changed active');
  });

  it('can be ended meanwhile', async () => {
    await set({ mixers: 1, apis: 1 });
    await must(outlets.hosts('rec')[0]).kill();
    await until(() => recordingsHeard(alice).at(-1) === 'changed interrupted');
    await outlets.end('rec');
    assert.deepEqual((await outlets.told(2))[1], 'recording_ended stopped');
    const mixer = await outlets.scene.cluster.mixer();
    await outlets.scene.cluster.acquainted(must(outlets.stage.conferences[0]), mixer);
    assert.equal(mixer.service.outlets.egresses.size, 0);
  });

  it('that shuts down is left for another one', async () => {
    await set();
    const lost = outlets.host('rec');
    await lost.outlets.tell(outlets.stage.room, egressId('rec'), { status: 'ended', reason: 'shutdown' });
    await part(2);
    assert.notEqual(outlets.host('rec').id, lost.id);
  });

  it('that cannot go on says why, and that is the end', async () => {
    await set({ apis: 1 });
    await outlets
      .host('rec')
      .outlets.tell(outlets.stage.room, egressId('rec'), { status: 'ended', reason: 'quota' });
    assert.deepEqual(await outlets.told(2), ['recording_started', 'recording_ended quota']);
    await until(() => recordingsHeard(alice).at(-1) === 'ended quota');
    assert.deepEqual(
      outlets.scene.stage.mixers.flatMap(({ service }) => service.outlets.ended),
      [],
    );
  });

  it('that was only out of reach ends what it still has as soon as it is back', async () => {
    await set();
    const lost = must(outlets.hosts('rec')[0]);
    const heartbeat = { member: lost.service.id, role: 'mixer', startedAt: 0, load: 0, draining: false };
    // As if its heartbeats had not come through: the next one is its return.
    await lost.context.bus.publish(heartbeatTopic, { ...heartbeat, bye: true });
    await until(() => !lost.service.outlets.egresses.has(egressId('rec')), { what: 'the old one is ended' });
    await part(2);
    assert.equal(outlets.hosts('rec').length, 1);
  });

  it('that fails again and again is left for another one', async () => {
    await set();
    const lost = outlets.host('rec');
    lost.refusal = new PorticoError('internal', 'broken');
    await outlets.stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'video' });
    const spec = await until(() => {
      const now = outlets.stage.mixers.find(({ service }) => service.id !== lost.id);
      return now?.service.outlets.egresses.get(egressId('rec'))?.spec;
    });
    assert.deepEqual([spec.part, spec.video?.muted], [2, true]);
    await until(() => !lost.outlets.egresses.has(egressId('rec')), { what: 'nothing is left there' });
  });

  it('is the same for live streams', async () => {
    await set({ apis: 1 });
    await outlets.start('out', both('s1'), rtmp);
    await must(outlets.hosts('out')[0]).kill();
    await outlets.specLike('out', (spec) => spec.part === 2);
    const told = await until(() => {
      const events = outlets.events().filter(({ egress }) => egress.id === 'out');
      return events.length === 3 && events.map(({ type, egress }) => `${type} ${egress.state.status}`);
    });
    assert.deepEqual(told, ['live_started live', 'live_changed retrying', 'live_changed live']);
  });
});
