import assert from 'node:assert/strict';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import { codeOf, must } from '../stage.ts';
import { both, egressId, Outlets, recordingsHeard, rtmp } from './outlets.ts';

describe('recordings under a new owner', () => {
  let outlets: Outlets;
  let alice: Guest;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set({ conferences: 2, mixers: 2, ...args[0] }, args[1]);
    alice = await outlets.stage.join();
    await outlets.stage.publish(alice, 's1');
  };
  const takeOver = async () => {
    await outlets.stage.ownerOf(alice).kill();
    await outlets.stage.look();
    return await outlets.stage.hears(alice, 'room');
  };
  /** The agent of one, or any, dies with the owner. */
  const loseBoth = async (id?: string) => {
    const agent = must(id === undefined ? outlets.stage.mixers[0] : outlets.hosts(id)[0]);
    await Promise.all([agent.kill(), outlets.stage.ownerOf(alice).kill()]);
    await outlets.stage.look();
  };
  afterEach(() => outlets.stop());

  it('go on as they were, without a gap', async () => {
    await set();
    await outlets.start('rec', both('s1'));
    await outlets.change('rec', { change: 'status', kind: 'video', status: 'inactive' });
    const host = outlets.host('rec');
    const before = must(outlets.spec('rec'));
    const told = await takeOver();
    assert.deepEqual(
      told.recordings.map(({ id, status }) => [id, status]),
      [['rec', 'active']],
    );
    const [egress] = await outlets.running();
    assert.deepEqual(
      [egress?.agent, egress?.startedAt, egress?.video?.paused],
      [host.id, before.startedAt, true],
    );
    for (const { service } of outlets.stage.mixers) {
      for (const spec of service.outlets.egressSpecs) assert.notEqual(spec.video?.origin, undefined);
    }
    await outlets.change('rec', { change: 'status', kind: 'video', status: 'active' });
    const after = must(outlets.spec('rec'));
    assert.deepEqual([after.part, after.video?.paused], [1, false]);
    assert.ok(after.revision > before.revision);
    await outlets.end('rec');
    assert.deepEqual(host.outlets.ended, [{ id: 'rec', reason: 'stopped' }]);
    await until(() => recordingsHeard(alice).at(-1) === 'ended stopped');
  });

  it('of a view keep its mix', async () => {
    await set();
    const { scene } = outlets;
    await outlets.start('rec', both(scene.id()));
    const [host] = scene.hosts();
    const before = must(outlets.spec('rec')).audio?.origin;
    await takeOver();
    // Longer than anything that was found is kept without being claimed.
    const other = await outlets.stage.join({ user: 'bob' });
    await outlets.specLike('rec', ({ participants }) => participants.length === 2);
    await scene.watch(other, 'w');
    await scene.unwatch(other, 'w');
    assert.deepEqual(scene.hosts(), [host]);
    assert.deepEqual(must(outlets.spec('rec')).audio?.origin, before);
    await outlets.end('rec');
    await until(() => scene.hosts().length === 0);
    assert.deepEqual(host?.closed, ['common']);
  });

  it('are known at once, whenever their agent answers', async () => {
    await set();
    await outlets.start('rec', both('s1'));
    const host = outlets.host('rec');
    const held = host.hold('room.inventory');
    const told = await takeOver();
    assert.deepEqual(
      told.recordings.map(({ id, status }) => [id, status]),
      [['rec', 'active']],
    );
    assert.equal(await codeOf(outlets.end('rec')), 'ok');
    assert.deepEqual(host.outlets.ended, [{ id: 'rec', reason: 'stopped' }]);
    held.release();
  });

  it('of which two parts turn up keep the later one', async () => {
    await set();
    await outlets.start('rec', both('s1'));
    const first = outlets.host('rec');
    const listed = must(first.outlets.egresses.get(egressId('rec')));
    const other = must(outlets.stage.mixers.find(({ service }) => service !== first)).service;
    other.outlets.egresses.set(egressId('rec'), {
      spec: { ...listed.spec, part: 2 },
      state: { ...listed.state, part: 2 },
    });
    await takeOver();
    await until(() => !first.outlets.egresses.has(egressId('rec')));
    assert.equal(outlets.host('rec'), other);
    assert.deepEqual(
      (await outlets.running()).map(({ agent, state }) => [agent, state.part]),
      [[other.id, 2]],
    );
  });

  it('go on elsewhere when their agent is lost together with the owner', async () => {
    await set();
    await outlets.start('rec', both('s1'));
    await outlets.start('out', both('s1'), rtmp);
    await outlets.change('rec', { change: 'status', kind: 'video', status: 'inactive' });
    const before = must(outlets.spec('rec'));
    await loseBoth('rec');
    const after = await outlets.specLike('rec', ({ part }) => part === 2);
    assert.deepEqual(
      [after.video?.paused, after.startedAt, after.origin, after.target],
      [true, before.startedAt, before.origin, before.target],
    );
    assert.deepEqual(must(outlets.spec('out')).target, rtmp);
    await outlets.end('rec');
    await outlets.end('out');
    assert.deepEqual(await outlets.running(), []);
  });

  it('that were over stay so, whatever agents still have of them', async () => {
    await set({ conferences: 3 });
    await outlets.start('rec', both('s1'));
    const host = outlets.host('rec');
    const listed = structuredClone(must(host.outlets.egresses.get(egressId('rec'))));
    await outlets.end('rec');
    host.outlets.egresses.set(egressId('rec'), listed);
    await takeOver();
    await until(() => !host.outlets.egresses.has(egressId('rec')), { what: 'it is ended there' });
    assert.deepEqual(await outlets.running(), []);
    await loseBoth();
    assert.deepEqual(await outlets.running(), [], 'the owner after that knows it, too');
  });

  it('for whom nobody has asked go on in an empty room', async () => {
    await set();
    await outlets.start('rec', both(outlets.scene.id()));
    await outlets.stage.leave(alice);
    const gone = outlets.stage.ownerOf(alice);
    await must(outlets.hosts('rec')[0]).kill();
    await gone.kill();
    await outlets.specLike('rec', ({ part }) => part === 2);
    assert.equal((await outlets.running()).length, 1);
  });

  it('that begin just then begin once', async () => {
    await set();
    const held = outlets.stage.mixers.map(({ service }) => service.hold('answer egress.apply'));
    const first = codeOf(outlets.start('rec', both('s1'), rtmp));
    await Promise.race(held.map(({ arrived }) => arrived));
    await takeOver();
    for (const hold of held) hold.release();
    void first;
    const { egress } = await outlets.start('rec', both('s1'), rtmp);
    assert.equal(outlets.hosts('rec').length, 1);
    assert.equal(egress.state.part, 1);
    assert.equal(await metric(outlets.stage.ownerOf(alice), 'portico_egresses'), 1);
  });
});
