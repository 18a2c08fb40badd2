import assert from 'node:assert/strict';
import type { Origin } from '../../../common/contract/origin.ts';
import type { Kind } from '../../../common/contract/media.ts';
import { freePort } from '../../support/free-port.ts';
import { fails } from './support/fails.ts';
import { metric, eventually } from './support/metrics.ts';
import { Person } from './support/person.ts';
import { Stage, until } from './support/stage.ts';

/** Sessions that were reported as ended with a reason. */
const ended = (stage: Stage, reason: string) =>
  stage.owner.all('sessionsEnded').filter((report) => report.reason === reason);

describe('access agent: workers', () => {
  let stage: Stage;
  afterEach(async () => {
    await stage.close();
  });

  const open = async (agents: number, access: Parameters<typeof Stage.create>[1]) => {
    stage = await Stage.create(agents, access);
    const alice = new Person(stage, 'alice');
    const bob = new Person(stage, 'bob');
    await alice.open();
    await bob.open();
    return { alice, bob, actor: stage.actor() };
  };

  it('leaves no signal listeners of the engine behind', async () => {
    const before = process.listeners('SIGTERM').filter(({ name }) => name === 'onSignal').length;
    await open(1, { workers: 2 });
    const after = process.listeners('SIGTERM').filter(({ name }) => name === 'onSignal').length;
    assert.equal(after, before);
  });

  it('reports a killed worker at once, replaces it on the same port and seats people again', async () => {
    const port = await freePort();
    const { alice, bob, actor } = await open(1, { workers: 1, port });
    const grant = await bob.watch(alice, await alice.publish());
    const [pid] = actor.agent.workerPids;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    const report = await until('the report', stage.owner, () => ended(stage, 'worker_died')[0]);
    assert.deepEqual(report.seats, [alice.id, bob.id]);
    assert.deepEqual(report.publications, [alice.names().stream]);
    assert.deepEqual(report.subscriptions, [grant.id]);
    const access = await alice.open();
    assert.equal(access.transports.send?.iceCandidates[0]?.port, port);
    await bob.open();
    await bob.watch(alice, await alice.publish());
    assert.equal(stage.owner.all('sessionsEnded').length, 1);
    assert.notEqual(actor.agent.workerPids[0], pid);
    assert.equal(await metric(actor.metrics, 'portico_worker_deaths_total', { reason: 'died' }), 1);
    assert.equal(await metric(actor.metrics, 'portico_consumers'), 2);
  });

  it('does not start on a port that is taken, and leaves nothing running', async () => {
    const port = await freePort();
    await open(1, { workers: 1, port });
    const second = Stage.create(1, { workers: 2, port: port - 1 });
    await assert.rejects(second, fails('resource_exhausted', 'access.port'));
    const third = await Stage.create(1, { workers: 1, port: port - 1 });
    await third.close();
  });

  it('kills a worker that does not answer in time', async () => {
    const { alice, actor } = await open(1, { workers: 1, worker_timeout_ms: 400 });
    const [pid] = actor.agent.workerPids;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGSTOP');
    const started = performance.now();
    await assert.rejects(alice.connect('send'), fails('worker_lost'));
    assert.ok(performance.now() - started < 2_000);
    await until('the report', stage.owner, () => ended(stage, 'worker_died')[0]);
    await alice.open();
    await alice.connect('send');
    assert.equal(await metric(actor.metrics, 'portico_worker_deaths_total', { reason: 'hung' }), 1);
  });

  it('finds out by itself that a worker hangs', async () => {
    const { alice, actor } = await open(1, { workers: 1, worker_timeout_ms: 400 });
    process.kill(actor.agent.workerPids[0] ?? 0, 'SIGSTOP');
    const report = await until('the report', stage.owner, () => ended(stage, 'worker_died')[0]);
    assert.ok(report.seats.includes(alice.id));
  });

  it('seats a room that outgrows a worker on the next one, and pipes each stream there once', async () => {
    const { alice, bob, actor } = await open(1, { workers: 2, consumers_per_worker: 1 });
    const carol = new Person(stage, 'carol');
    await carol.open();
    const people = [alice, bob, carol];
    const origins = new Map<Person, Awaited<ReturnType<Person['publish']>>>();
    for (const person of people) origins.set(person, await person.publish());
    const routerOf = (person: Person) => origins.get(person)?.get('audio')?.router;
    assert.notEqual(routerOf(alice), routerOf(bob));
    const apart = people.filter((person) => routerOf(person) !== routerOf(alice));
    const together = people.find((person) => person !== alice && !apart.includes(person));
    const [single] = apart;
    assert.ok(together !== undefined && single !== undefined && apart.length === 1);
    const pipes = () => metric(actor.metrics, 'portico_pipes', { scope: 'local' });
    const streams = origins.get(single) ?? new Map<Kind, Origin>();
    const grants = await Promise.all([alice.watch(single, streams), together.watch(single, streams)]);
    assert.equal(await pipes(), 2);
    assert.equal(await metric(actor.metrics, 'portico_consumers'), 4);
    const close = (person: Person, index: number) =>
      stage.call(person.agent, 'subscription.close', {
        ...person.ofOwner,
        id: grants[index]?.id ?? grants[0].id,
        reason: 'closed',
      });
    await close(alice, 0);
    assert.equal(await pipes(), 2);
    await close(together, 1);
    await eventually('nothing crosses any more', async () => (await pipes()) === 0);
    await alice.watch(single, streams);
    assert.equal(await pipes(), 2);
  });

  it('keeps those on the other worker, and tells whose source was lost', async () => {
    const { alice, bob, actor } = await open(1, { workers: 2, consumers_per_worker: 1 });
    const fromAlice = await alice.publish();
    const fromBob = await bob.publish();
    const grant = await bob.watch(alice, fromAlice);
    const back = await alice.watch(bob, fromBob);
    const [first] = actor.agent.workerPids;
    process.kill(first ?? 0, 'SIGKILL');
    const died = await until('the report', stage.owner, () => ended(stage, 'worker_died')[0]);
    assert.deepEqual(died.seats, [alice.id]);
    assert.deepEqual(died.subscriptions, [back.id]);
    const lost = await until('the loss', stage.owner, () => ended(stage, 'source_interrupted')[0]);
    assert.deepEqual(lost.subscriptions, [grant.id]);
    assert.deepEqual(lost.seats, []);
    const order = stage.owner.all('sessionsEnded').map(({ reason }) => reason);
    assert.deepEqual(order, ['worker_died', 'source_interrupted']);
    await alice.open();
    await alice.watch(bob, fromBob);
    await bob.watch(alice, await alice.publish());
  });

  it('reports what it ends when it stops', async () => {
    const { alice, actor } = await open(1, { workers: 1 });
    await alice.publish();
    await actor.agent.close();
    const [report] = ended(stage, 'shutdown');
    assert.ok(report?.seats.includes(alice.id));
    assert.deepEqual(report?.publications, [alice.names().stream]);
  });
});
