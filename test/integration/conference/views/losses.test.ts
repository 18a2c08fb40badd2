import assert from 'node:assert/strict';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { heartbeatTopic } from '../../../../common/contract/cluster.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import type { Stage } from '../stage.ts';
import { codeOf, heard, must, streamId } from '../stage.ts';
import { type Scene, useScenes } from './scene.ts';

describe('losing a mixer agent', () => {
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
      await scene.watch(alice, 'a');
      await scene.watch(bob, 'b');
    },
    { mixers: 2 },
  );

  /** The agent that the view runs on. */
  const host = () => must(stage.mixers.find(({ service }) => service.mixes.has('common')));
  const statuses = (guest: Guest) =>
    heard(guest, 'stream').flatMap((event) =>
      event.status === 'update' && event.id === scene.id() && event.data.field === 'status'
        ? [event.data.value]
        : [],
    );
  const back = () =>
    until(() => statuses(alice).at(-1) === 'active', { what: 'the mixed stream is active again' });

  it('interrupts its views, tells those who received them, and they come back elsewhere', async () => {
    await set({ apis: 1 });
    const lost = host();
    await lost.kill();
    const progress = await stage.hears(alice, 'progress');
    assert.deepEqual(
      [progress.sessionId, progress.data],
      ['a', { reason: 'source_interrupted', transports: false }],
    );
    await back();
    assert.deepEqual(statuses(alice), ['interrupted', 'active']);
    const next = must(scene.hosts()[0]);
    assert.notEqual(next.id, lost.service.id);
    assert.deepEqual(
      next.spec()?.outputs.audio.toSorted(),
      [alice.id, bob.id].sort(),
      'all is there already',
    );
    const count = next.specs.length;
    await scene.watch(alice, 'a');
    await scene.watch(bob, 'b');
    assert.equal(next.specs.length, count);
    assert.equal(scene.grant('a')?.tracks[0]?.origin.agent, next.id);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_views_running'), 1);
    const events = await until(() => {
      const found = stage.api.events(stage.room).flatMap((event) => {
        if (event.type === 'mix_stopped') return [event.reason];
        return event.type === 'mix_started' ? ['started'] : [];
      });
      return found.length === 3 && found;
    });
    assert.deepEqual(events, ['started', 'agent_lost', 'started']);
  });

  it('that says itself that a mix cannot go on is the same', async () => {
    await set();
    const lost = host().service;
    await lost.end(stage.room, 'common', 'worker_died');
    await back();
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'ok');
    const other = must(stage.mixers.find(({ service }) => !service.mixes.has('common'))).service;
    await other.end(stage.room, 'common', 'worker_died');
    await other.end(stage.room, 'nothing', 'worker_died');
    assert.equal(statuses(alice).length, 2, 'of an agent that it does not run on it means nothing');
  });

  it('uses the same agent again when there is no other', async () => {
    await set({ mixers: 1 });
    await scene.mixer.end(stage.room, 'common', 'worker_died');
    await back();
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'ok');
  });

  it('keeps trying while those who received it are there, and nobody else gets in meanwhile', async () => {
    await set({ mixers: 1 });
    await host().kill();
    await stage.hears(alice, 'progress');
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'resource_exhausted');
    const mixed = await scene.mixed();
    assert.equal(mixed.status, 'interrupted');
    const mixer = await scene.cluster.mixer();
    await back();
    assert.equal(mixer.service.mixes.size, 1);
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'ok');
  });

  it('gives up when they have left', async () => {
    await set({ mixers: 1 });
    const carol = await stage.join({ user: 'carol' });
    await host().kill();
    await stage.hears(bob, 'progress');
    await stage.leave(alice);
    await stage.leave(bob);
    await until(() => statuses(carol).at(-1) === 'active', { what: 'nobody is waited for' });
    const mixer = await scene.cluster.mixer();
    await scene.cluster.acquainted(must(stage.conferences[0]), mixer);
    assert.equal(mixer.service.mixes.size, 0);
  });

  it('that was only out of reach closes what it still has as soon as it is back', async () => {
    await set();
    const lost = host();
    const heartbeat = { member: lost.service.id, role: 'mixer', startedAt: 0, load: 0, draining: false };
    // As if its heartbeats had not come through: the next one is its return.
    await lost.context.bus.publish(heartbeatTopic, { ...heartbeat, bye: true });
    await back();
    await until(() => !lost.service.mixes.has('common'), { what: 'the old mix is closed' });
    assert.equal(scene.hosts().length, 1);
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'ok');
  });

  it('whose outputs are new ones has those who received the old ones come back', async () => {
    await set({ mixers: 1 });
    // As after the death of its worker, of which the report comes late.
    scene.mixer.mixes.delete('common');
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'video' });
    await stage.hears(alice, 'progress', ({ id }) => id === 'a');
    await stage.hears(bob, 'progress', ({ id }) => id === 'b');
    assert.equal(await codeOf(scene.watch(alice, 'a')), 'ok');
  });

  it('that fails again and again is left for another one', async () => {
    await set();
    const lost = host().service;
    lost.refusal = new PorticoError('internal', 'broken');
    await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'video' });
    await back();
    await until(() => !lost.mixes.has('common'), { what: 'nothing is left there' });
    assert.notEqual(must(scene.hosts()[0]).id, lost.id);
  });
});
