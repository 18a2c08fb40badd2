import assert from 'node:assert/strict';
import type { SubscriptionGrant } from '../../../common/contract/cluster.ts';
import type { Origin } from '../../../common/contract/origin.ts';
import { PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';
import type { Kind } from '../../../common/contract/media.ts';
import { eventually, metric } from './support/metrics.ts';
import { Person } from './support/person.ts';
import { audioParameters, simulcastParameters } from './support/rtp.ts';
import { Stage } from './support/stage.ts';

/** What may fail when participants come and go under the feet of others. */
const expected: ErrorCode[] = [
  'transport_not_found',
  'participant_not_found',
  'subscription_not_found',
  'track_not_found',
  'grant_missing',
  'unavailable',
  'worker_lost',
];

const rtp = (kind: Kind) => (kind === 'audio' ? audioParameters() : simulcastParameters());

/** Small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('access agent: churn', function () {
  this.timeout(120_000);
  let stage: Stage;
  afterEach(async () => {
    await stage.close();
  });

  const unpublish = (person: Person) => {
    const id = person.names().stream;
    return stage.call(person.agent, 'publication.close', { ...person.ofOwner, id, reason: 'closed' });
  };
  const unsubscribe = (person: Person, id: SubscriptionGrant['id']) =>
    stage.call(person.agent, 'subscription.close', { ...person.ofOwner, id, reason: 'closed' });

  async function tolerate(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      assert.ok(error instanceof PorticoError, String(error));
      assert.ok(expected.includes(error.code), `${error.code}: ${error.message}`);
    }
  }

  async function assertNothingLeft(): Promise<void> {
    const names = [
      'portico_producers',
      'portico_consumers',
      'portico_transports',
      'portico_pipes',
      'portico_routers',
    ];
    for (const { metrics } of stage.actors) {
      for (const name of names) {
        await eventually(`${name} is 0`, async () => (await metric(metrics, name)) === 0);
      }
    }
    for (const { id, agent } of stage.actors) {
      assert.equal(agent.load, 0);
      const { seats, publications, subscriptions } = await stage.call(id, 'room.inventory', {
        room: stage.room,
      });
      assert.deepEqual([seats, publications, subscriptions], [[], [], []]);
    }
  }

  for (const [what, kill, slow] of [
    ['leaves nothing behind', false, false],
    ['leaves nothing behind when workers die in between', true, false],
    ['leaves nothing behind on a bus where messages overtake each other', true, true],
  ] as const) {
    it(what, async () => {
      const below = random(kill ? 7 : 3);
      const delay = slow ? () => below(8) : undefined;
      stage = await Stage.create(2, { workers: 2, consumers_per_worker: 3 }, delay);
      const people = Array.from({ length: 8 }, (_none, index) => new Person(stage, `p${index}`, index % 2));
      const published = new Map<Person, Map<Kind, Origin>>();
      const pick = () => people[below(people.length)] ?? new Person(stage, 'nobody');
      const act = async (): Promise<void> => {
        const person = pick();
        const other = pick();
        const origins = published.get(other);
        switch (below(8)) {
          case 0:
          case 1:
            await person.open();
            break;
          case 2:
            published.set(person, await person.publish({ rtp }));
            break;
          case 3:
            await unpublish(person);
            break;
          case 4:
          case 5:
            if (origins !== undefined) await person.watch(other, origins);
            break;
          case 6:
            await unsubscribe(person, `${person.id}-from-${other.id}` as SubscriptionGrant['id']);
            break;
          default:
            if (below(4) === 0) await person.leave();
        }
      };
      await Promise.all(people.map((person) => person.open()));
      for (let round = 0; round < 60; round += 1) {
        await Promise.all(Array.from({ length: 12 }, () => tolerate(act())));
        const pids = stage.actor(round % 2).agent.workerPids;
        if (kill && round % 15 === 7) process.kill(pids[below(pids.length)] ?? 0, 'SIGKILL');
      }
      await Promise.all(people.map((person) => person.leave()));
      await assertNothingLeft();
    });
  }
});
