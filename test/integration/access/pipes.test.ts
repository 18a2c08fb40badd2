import assert from 'node:assert/strict';
import type { Origin } from '../../../common/contract/origin.ts';
import type { Kind } from '../../../common/contract/media.ts';
import { fails } from './support/fails.ts';
import { eventually, metric } from './support/metrics.ts';
import { Person } from './support/person.ts';
import { audioParameters, simulcastParameters } from './support/rtp.ts';
import { Stage, until } from './support/stage.ts';

const rtp = (kind: Kind) => (kind === 'audio' ? audioParameters() : simulcastParameters());

describe('access agent: pipes between agents', () => {
  let stage: Stage;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let origins: Map<Kind, Origin>;
  beforeEach(async () => {
    stage = await Stage.create(2);
    alice = new Person(stage, 'alice', 0);
    bob = new Person(stage, 'bob', 1);
    carol = new Person(stage, 'carol', 1);
    await Promise.all([alice.open(), bob.open(), carol.open()]);
    origins = await alice.publish({ rtp });
  });
  afterEach(async () => {
    await stage.close();
  });

  const pipes = (index: number) => metric(stage.actor(index).metrics, 'portico_pipes', { scope: 'remote' });
  const control = (operation: 'pause' | 'play') =>
    stage.call(alice.agent, 'publication.control', {
      ...alice.ofOwner,
      id: alice.names().stream,
      operation,
      data: 'av',
    });
  const unsubscribe = (person: Person, id: Awaited<ReturnType<Person['watch']>>['id']) =>
    stage.call(person.agent, 'subscription.close', { ...person.ofOwner, id, reason: 'closed' });

  it('carries each stream once, with all its layers, however many receive it', async () => {
    const [grant] = await Promise.all([bob.watch(alice, origins), carol.watch(alice, origins)]);
    assert.equal(await pipes(1), 2);
    assert.equal(await metric(stage.actor(1).metrics, 'portico_consumers'), 4);
    const video = await bob.consume(grant, 'video');
    assert.equal(video.type, 'simulcast');
    assert.equal(video.rtpParameters.encodings?.[0]?.scalabilityMode, 'L3T3');
    assert.equal(video.producerId, origins.get('video')?.producer);
  });

  it('stops carrying with the last receiver, and starts again', async () => {
    const first = await bob.watch(alice, origins);
    const second = await carol.watch(alice, origins);
    await unsubscribe(bob, first.id);
    assert.equal(await pipes(1), 2);
    await unsubscribe(carol, second.id);
    await eventually('nothing crosses', async () => (await pipes(1)) === 0);
    await bob.watch(alice, origins);
    assert.equal(await pipes(1), 2);
  });

  it('survives receivers that come and go at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const grant = await bob.watch(alice, origins);
      const [other] = await Promise.all([carol.watch(alice, origins), unsubscribe(bob, grant.id)]);
      await Promise.all([unsubscribe(carol, other.id), bob.watch(alice, origins)]);
      assert.equal(await pipes(1), 2);
    }
  });

  it('forwards pause and resume', async () => {
    const grant = await bob.watch(alice, origins);
    const paused = async () => (await bob.consume(grant, 'video')).producerPaused;
    await control('pause');
    await eventually('the pause crossed', paused);
    await control('play');
    await eventually('the resumption crossed', async () => !(await paused()));
    await control('pause');
    const late = await carol.subscribe(alice, origins);
    assert.equal((await carol.consume(late, 'video')).producerPaused, true);
  });

  it('forwards the end of a stream, silently', async () => {
    const grant = await bob.watch(alice, origins);
    const id = alice.names().stream;
    await stage.call(alice.agent, 'publication.close', { ...alice.ofOwner, id, reason: 'closed' });
    await eventually('nothing crosses', async () => (await pipes(1)) === 0);
    await assert.rejects(bob.consume(grant, 'video'), fails('track_not_found'));
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });

  it('forwards the end of the last stream of a room, silently', async () => {
    await bob.watch(alice, origins);
    await alice.leave();
    await eventually('nothing crosses', async () => (await pipes(1)) === 0);
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });

  it('tells the publisher which layers are wanted on the other agent', async () => {
    await until('nobody receives', stage.portal, () => stage.portal.layers(alice.id).at(-1) === -1);
    const grant = await bob.watch(alice, origins);
    await until('all layers', stage.portal, () => stage.portal.layers(alice.id).at(-1) === 2);
    const request = { id: grant.id, spatialLayer: 0 };
    await stage.call(bob.agent, 'setLayers', { ...bob.stamp, request });
    await until('the lowest layer', stage.portal, () => stage.portal.layers(alice.id).at(-1) === 0);
    await unsubscribe(bob, grant.id);
    await until('nobody again', stage.portal, () => stage.portal.layers(alice.id).at(-1) === -1);
  });

  it('ends the receivers when the agent of the publisher is gone', async () => {
    const grant = await bob.watch(alice, origins);
    await stage.actor(0).vanish();
    const lost = await until('the loss', stage.owner, () =>
      stage.owner.all('sessionsEnded').find(({ reason }) => reason === 'source_interrupted'),
    );
    assert.deepEqual(lost.subscriptions, [grant.id]);
    assert.equal(await pipes(1), 0);
  });

  it('keeps carrying while the bus is down', async () => {
    const grant = await bob.watch(alice, origins);
    stage.broker.stop();
    stage.broker.start();
    await eventually('the stage is back', async () => {
      try {
        return !(await bob.consume(grant, 'video')).producerPaused;
      } catch {
        return false;
      }
    });
    assert.equal(await pipes(1), 2);
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });

  it('ends the receivers when the worker of the publisher dies', async () => {
    const grant = await bob.watch(alice, origins);
    process.kill(stage.actor(0).agent.workerPids[0] ?? 0, 'SIGKILL');
    const lost = await until('the loss', stage.owner, () =>
      stage.owner.all('sessionsEnded').find(({ reason }) => reason === 'source_interrupted'),
    );
    assert.deepEqual(lost.subscriptions, [grant.id]);
    await alice.open();
    origins = await alice.publish({ rtp });
    await bob.watch(alice, origins);
    assert.equal(await pipes(1), 2);
  });

  it('makes a new pipe after the worker of the receiver died', async () => {
    await bob.watch(alice, origins);
    process.kill(stage.actor(1).agent.workerPids[0] ?? 0, 'SIGKILL');
    await until('the report', stage.owner, () =>
      stage.owner.all('sessionsEnded').find(({ reason }) => reason === 'worker_died'),
    );
    await bob.open();
    await bob.watch(alice, origins);
    assert.equal(await pipes(1), 2);
  });

  it('fails a subscription to an agent that does not exist', async () => {
    const nowhere = new Map(
      [...origins].map(([kind, origin]) => [kind, { ...origin, agent: 'access-none' as Origin['agent'] }]),
    );
    const grant = await bob.subscribe(alice, nowhere);
    await assert.rejects(bob.consume(grant, 'video'), fails('unavailable'));
  });

  it('refuses to pipe from a router that is not there', async () => {
    const room = stage.room;
    const { agent, router } = origins.get('video') ?? {};
    assert.ok(agent !== undefined && router !== undefined);
    const edge = { agent: stage.actor(1).id, router: 'elsewhere' as typeof router };
    const end = { ...edge, ip: '127.0.0.1', port: 45_000 };
    const open = { room, origin: 'nothing' as typeof router, edge, end };
    await assert.rejects(stage.call(agent, 'pipe.open', open), fails('track_not_found'));
    await assert.rejects(stage.call(agent, 'pipe.open', { ...open, origin: router }), fails('bad_request'));
    const consume = { room, origin: router, edge, producer: origins.get('video')?.producer ?? 'x' };
    await assert.rejects(stage.call(agent, 'pipe.consume', consume), fails('track_not_found'));
  });
});
