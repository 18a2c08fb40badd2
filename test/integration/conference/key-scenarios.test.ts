import assert from 'node:assert/strict';
import { conferenceContract } from '../../../common/contract/conference.ts';
import { Caller } from '../../../common/bus/contract.ts';
import { memberAddress, roomAddress } from '../../../common/contract/ids.ts';
import { sharedRabbit } from '../../support/rabbitmq.ts';
import { until } from '../../support/until.ts';
import {
  localBuses,
  metric,
  rabbitBuses,
  testConfig,
  TestCluster,
  type Buses,
  type RabbitBuses,
} from './cluster.ts';
import { mixedOf, Scene, shown } from './views/scene.ts';
import { codeOf, heard, must, Stage, streamId, type StageOptions, published } from './stage.ts';

/** A cluster of two of each on some bus. */
async function onStage(
  buses: Buses,
  scenario: (stage: Stage) => Promise<void>,
  options: StageOptions = {},
): Promise<void> {
  const rooms = { placement: 'spread', empty_close_ms: 100 };
  const cluster = new TestCluster(buses, testConfig({ rooms, cluster: { heartbeat_ms: 400 } }));
  try {
    await scenario(await Stage.set(cluster, { conferences: 2, accesses: 2, portals: 2, ...options }));
  } finally {
    await cluster.stop();
  }
}

/** Two people in a call at two portals and two agents, one of them muted. */
async function call(stage: Stage) {
  const alice = await stage.join({ user: 'alice', token: 'alice', requestId: 'request-alice' }, 0);
  const bob = await stage.join({ user: 'bob', token: 'bob' }, 1);
  await stage.publish(alice, 's1');
  await stage.publish(bob, 's2');
  await stage.subscribe(alice, 's2', 'sub-a');
  await stage.subscribe(bob, 's1', 'sub-b');
  await stage.control(bob, { id: streamId('s2'), operation: 'pause', data: 'audio' });
  return { alice, bob };
}

const statuses = (room: Awaited<ReturnType<Stage['look']>>) =>
  published(room)
    .map(({ id, media }) => [id, ...media.tracks.map(({ status }) => status)])
    .toSorted();

const callAsItWas = [
  ['s1', 'active', 'active'],
  ['s2', 'inactive', 'active'],
];

/** What holds on every bus. */
function scenarios(buses: () => Buses): void {
  it('a call: people join, see each other, mute, talk and leave', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      await stage.hears(alice, 'participant', ({ action }) => action === 'join');
      await stage.hears(bob, 'stream', (event) => event.status === 'add' && event.id === 's2');
      await stage.hears(alice, 'stream', (event) => event.status === 'update' && event.id === 's2');
      assert.deepEqual(statuses(await stage.look()), callAsItWas);
      await stage.say(alice, { to: bob.id, message: 'hello' });
      await stage.hears(bob, 'text', ({ to }) => to === 'me');
      await Promise.all([stage.leave(alice), stage.leave(bob)]);
      const { bus } = must(stage.portals[0]).context;
      await until(async () => !(await bus.probe(roomAddress(stage.room))), { what: 'the room is closed' });
      assert.equal(await codeOf(stage.join({ token: 'alice' })), 'token_used');
    }));

  it('two agents that are asked for a room at once: one wins', () =>
    onStage(buses(), async (stage) => {
      const caller = new Caller(must(stage.portals[0]).context.bus, conferenceContract);
      const asked = stage.conferences.map(({ context }) =>
        caller.call(memberAddress(context.membership.id), 'room.open', { room: stage.room }),
      );
      assert.deepEqual((await Promise.all(asked.map(codeOf))).toSorted(), ['ok', 'taken']);
    }));

  it('an owner that is killed: the next one finds everybody and everything, media is left alone', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      const before = stage.accesses.map(({ service }) => service.inventory(stage.room));
      const calls = stage.accesses.map(({ service }) => service.calls.length);
      const owner = stage.ownerOf(alice);
      await owner.kill();
      await stage.say(alice, { to: 'all', message: 'still here?' });
      await stage.hears(bob, 'text');
      const next = stage.ownerOf(alice);
      assert.notEqual(next, owner);
      const carol = await stage.join({ user: 'carol' });
      assert.ok(carol.owner.epoch > alice.owner.epoch);
      const users = carol.joined.room.participants.map(({ user }) => user);
      assert.deepEqual(users.toSorted(), ['alice', 'bob', 'carol']);
      assert.deepEqual(statuses(carol.joined.room), callAsItWas);
      assert.equal(await metric(next, 'portico_subscriptions'), 2);
      await stage.leave(carol);
      for (const [index, { service }] of stage.accesses.entries()) {
        const done = service.calls.slice(calls[index]).map(({ method }) => method);
        // Agents were asked to do nothing but to seat the newcomer.
        assert.ok(done.every((method) => method.startsWith('participant.')));
        const { owner: _then, ...held } = must(before[index]);
        const { owner: _now, ...holds } = service.inventory(stage.room);
        assert.deepEqual(holds, held);
      }
    }));

  it('an owner that is killed: used tokens stay used, the same request gives the same participant', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      await stage.leave(bob);
      await stage.ownerOf(alice).kill();
      assert.equal(await codeOf(stage.join({ token: 'bob' }, 0)), 'token_used');
      assert.equal(await codeOf(stage.join({ token: 'alice' }, 1)), 'token_used');
      const again = await stage.join({ token: 'alice', requestId: 'request-alice' }, 0);
      assert.equal(again.id, alice.id);
    }));

  it('an only owner that is killed and replaced, again and again', () =>
    onStage(
      buses(),
      async (stage) => {
        const { alice, bob } = await call(stage);
        let { epoch } = alice.owner;
        for (let round = 0; round < 2; round += 1) {
          await stage.ownerOf(alice).kill();
          stage.conferences.push(await stage.cluster.conference());
          await stage.say(bob, { to: 'all', message: round });
          await stage.hears(alice, 'text', ({ message }) => message === round);
          const owner = must(alice.portal.owners.get(stage.room));
          assert.ok(owner.epoch > epoch);
          ({ epoch } = owner);
        }
        assert.deepEqual(statuses(await stage.look()), callAsItWas);
      },
      { conferences: 1 },
    ));

  it('an owner whose connection breaks for a moment keeps its room', () =>
    onStage(buses(), async (stage) => {
      const { alice } = await call(stage);
      const owner = stage.ownerOf(alice);
      const opened = () => metric(owner, 'portico_rooms_opened_total');
      assert.equal(await opened(), 1);
      const lost = new Promise<void>((resolve) => {
        owner.context.bus.onState((state) => {
          if (state !== 'up') resolve();
        });
      });
      buses().sever(owner.name);
      await lost;
      const { bus } = owner.context;
      await until(async () => bus.state === 'up' && (await bus.probe(roomAddress(stage.room))));
      await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'audio' });
      assert.equal(await opened(), 1);
      assert.deepEqual(alice.portal.owners.get(stage.room), alice.owner);
      assert.deepEqual(heard(alice, 'progress'), []);
    }));

  it('a broker that restarts: nobody and nothing is lost', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      const all = [...stage.conferences, ...stage.accesses, ...stage.portals];
      for (const { name } of all) buses().sever(name);
      await stage.say(bob, { to: 'all', message: 'still here' });
      await stage.hears(alice, 'text');
      const room = await stage.look();
      assert.equal(room.participants.length, 3);
      assert.deepEqual(statuses(room), callAsItWas);
      assert.deepEqual([...heard(alice, 'progress'), ...heard(bob, 'progress')], []);
      await stage.control(alice, { id: streamId('s1'), operation: 'pause', data: 'av' });
      await stage.hears(bob, 'stream', (event) => event.status === 'update' && event.id === 's1');
    }));

  it('an agent that is killed: its streams are interrupted, and back when they are published again', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      await stage.accessOf(alice).kill();
      const progress = await stage.hears(alice, 'progress');
      assert.deepEqual(progress.data, { reason: 'agent_lost', transports: true });
      const ended = await stage.hears(bob, 'progress');
      assert.deepEqual(ended.data, { reason: 'source_interrupted', transports: false });
      await stage.publish(alice, 's1');
      await stage.hears(bob, 'stream', (event) => event.status === 'update' && event.data.field === '.');
      assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub-b')), 'ok');
      assert.deepEqual(statuses(await stage.look()), callAsItWas);
    }));

  it('a mixed stream: its mixer agent is killed, then the owner of the room, and it goes on', () =>
    onStage(
      buses(),
      async (stage) => {
        const { alice, bob } = await call(stage);
        const scene = new Scene(stage);
        await scene.mix(alice, 's1');
        await scene.mix(bob, 's2');
        await scene.watch(bob, 'mixed');
        const [first] = scene.hosts();
        await must(stage.mixers.find(({ service }) => service === first)).kill();
        const ended = await stage.hears(bob, 'progress', ({ id }) => id === 'mixed');
        assert.deepEqual(ended.data, { reason: 'source_interrupted', transports: false });
        await stage.hears(
          bob,
          'stream',
          ({ id, ...event }) =>
            id === scene.id() && event.status === 'update' && event.data.value === 'active',
        );
        await scene.watch(bob, 'mixed');
        const producer = scene.grant('mixed')?.tracks[0]?.origin.producer;
        await stage.ownerOf(alice).kill();
        await stage.say(alice, { to: 'all', message: 'anybody?' });
        const room = await stage.hears(alice, 'room');
        assert.equal(shown(mixedOf(room, scene.id()).info.layout), 's1 s2');
        await scene.watch(alice, 'mixed-too');
        assert.equal(scene.grant('mixed')?.tracks[0]?.origin.producer, producer);
        assert.equal(heard(bob, 'progress').length, 1);
        assert.equal(scene.hosts().length, 1);
      },
      { mixers: 2 },
    ));

  it('a portal that is killed: its participants leave when they do not come back', () =>
    onStage(buses(), async (stage) => {
      const { alice, bob } = await call(stage);
      await must(stage.portals[1]).kill();
      const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
      assert.deepEqual(left, { action: 'leave', data: bob.id, reason: 'reconnect_timeout' });
      await until(() => stage.accesses.reduce((sum, { service }) => sum + service.seats.size, 0) === 1);
    }));
}

describe('rooms on the bus inside one process', () => {
  let buses: Buses;
  beforeEach(() => {
    buses = localBuses();
  });
  scenarios(() => buses);
});

describe('rooms on the bus inside one process, when messages overtake each other', () => {
  let buses: Buses;
  beforeEach(() => {
    buses = localBuses(() => Math.random() * 6);
  });
  scenarios(() => buses);
});

describe('rooms over RabbitMQ', function () {
  this.timeout(90_000);
  let rabbit: Awaited<ReturnType<typeof sharedRabbit>>;
  let buses: RabbitBuses;
  before(async () => {
    rabbit = await sharedRabbit();
  });
  after(() => rabbit.stop());
  beforeEach(() => {
    buses = rabbitBuses(rabbit.url);
  });
  afterEach(() => buses.close());
  scenarios(() => buses);
});
