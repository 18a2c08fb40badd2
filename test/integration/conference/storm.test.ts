import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { ParticipantId } from '../../../common/contract/ids.ts';
import type { Guest } from '../../support/scripted-agents.ts';
import { Random } from '../../support/random.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, TestCluster } from './cluster.ts';
import { codeOf, microphone, must, Stage, streamId, subscriptionId, published } from './stage.ts';

/** What one person has been told to be true. */
interface Person {
  name: string;
  guest: Guest | undefined;
  published: boolean;
  muted: boolean;
}

/** People who do things at random, each waiting for the answer before the next. */
class Storm {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly people: Person[];
  #subscriptions = 0;

  constructor(stage: Stage, people: number, random: Random) {
    this.#stage = stage;
    this.#random = random;
    this.people = Array.from({ length: people }, (_, n) => {
      return { name: `person-${n}`, guest: undefined, published: false, muted: false };
    });
  }

  /** Calls `thunder` after every so many deeds of all together, while they go on. */
  async run(
    steps: number,
    { every, thunder }: { every: number; thunder: () => Promise<void> },
  ): Promise<void> {
    let deeds = 0;
    const strokes: Promise<void>[] = [];
    const people = this.people.map(async (person) => {
      for (let step = 0; step < steps; step += 1) {
        await this.#act(person);
        deeds += 1;
        if (deeds % every === 0) strokes.push(thunder());
      }
    });
    await Promise.all(people);
    await Promise.all(strokes);
  }

  async #act(person: Person): Promise<void> {
    const { guest } = person;
    if (guest === undefined) {
      person.guest = await this.#stage.join({ user: person.name }, this.#random.below(2));
      return;
    }
    const id = streamId(person.name);
    switch (this.#random.below(person.published ? 6 : 3)) {
      case 0:
        await this.#stage.say(guest, { to: 'all', message: 'hello' });
        break;
      case 1:
        if (this.#random.below(3) === 0) await this.#leave(person, guest);
        break;
      case 2:
        await this.#publish(person, guest);
        break;
      case 3:
        await this.#mute(person, guest);
        break;
      case 4:
        // A repetition after a change of owner finds it gone already.
        assert.match(
          await codeOf(guest.portal.request(this.#stage.room, guest.id, 'unpublish', { id })),
          /^(ok|stream_not_found)$/,
        );
        person.published = false;
        break;
      default:
        await this.#subscribe(guest);
    }
  }

  async #leave(person: Person, guest: Guest): Promise<void> {
    await this.#stage.leave(guest);
    Object.assign(person, { guest: undefined, published: false, muted: false });
  }

  async #publish(person: Person, guest: Guest): Promise<void> {
    if (person.published) return;
    await this.#stage.publish(guest, person.name, [microphone]);
    Object.assign(person, { published: true, muted: false });
  }

  async #mute(person: Person, guest: Guest): Promise<void> {
    const operation = person.muted ? 'play' : 'pause';
    await this.#stage.control(guest, { id: streamId(person.name), operation, data: 'audio' });
    person.muted = !person.muted;
  }

  async #subscribe(guest: Guest): Promise<void> {
    const { name } = must(this.people[this.#random.below(this.people.length)]);
    this.#subscriptions += 1;
    const id = `sub-${this.#subscriptions}`;
    const outcome = await codeOf(this.#stage.subscribe(guest, name, id, ['audio']));
    assert.match(outcome, /^(ok|own_stream|stream_not_found|stream_interrupted)$/);
    if (outcome !== 'ok' || this.#random.below(2) === 0) return;
    const request = { id: subscriptionId(id) };
    const ended = await codeOf(guest.portal.request(this.#stage.room, guest.id, 'unsubscribe', request));
    assert.match(ended, /^(ok|subscription_not_found)$/);
  }
}

/** What everybody was told, what a newcomer is told and what the agents hold must be the same. */
async function check(stage: Stage, people: Person[]): Promise<void> {
  const room = await stage.look();
  const inside = people.flatMap(({ name, guest }) => (guest === undefined ? [] : [name]));
  const users = room.participants.map(({ user }) => user).filter((user) => user !== 'onlooker');
  assert.deepEqual(users.toSorted(), inside.toSorted());
  const expected = people.flatMap(({ name, published, muted }) => (published ? [[name, muted]] : []));
  const streams = published(room).map(({ id, media }) => [id, must(media.tracks[0]).status === 'inactive']);
  assert.deepEqual(streams.toSorted(), expected.toSorted());
  const held = () =>
    stage.accesses
      .flatMap(({ service }) => [...service.publications.values()])
      .map(({ id, tracks }) => [id, must(tracks[0]).paused]);
  // What nobody claimed after a change of owner is closed a little later.
  await until(() => isDeepStrictEqual(held().toSorted(), expected.toSorted()), {
    what: 'agents hold the streams',
  });
}

/** Agents hold nothing for people who are gone, and the owner counts what they hold. */
async function settled(stage: Stage, people: Person[]): Promise<void> {
  const present = new Set<ParticipantId>(
    people.flatMap(({ guest }) => (guest === undefined ? [] : [guest.id])),
  );
  const seats = () => stage.accesses.flatMap(({ service }) => [...service.seats.keys()]);
  await until(() => seats().every((id) => present.has(id)) && seats().length === present.size, {
    what: 'every participant has one seat',
  });
  const subscriptions = () => stage.accesses.flatMap(({ service }) => [...service.subscriptions.values()]);
  const alive = await stage.look();
  const current = new Set(published(alive).map(({ id }) => id));
  await until(
    () => subscriptions().every(({ tracks }) => tracks.every(({ stream }) => current.has(stream))),
    {
      what: 'nobody receives what is not there',
    },
  );
  await until(
    async () => {
      const counts = await Promise.all(
        stage.conferences.map((process) => metric(process, 'portico_subscriptions')),
      );
      return counts.reduce((sum, count) => sum + count, 0) === subscriptions().length;
    },
    { what: 'the room knows the subscriptions that agents hold' },
  );
}

/** The owner of the room dies, and somewhere else a new agent starts. */
async function ownerDies(stage: Stage): Promise<void> {
  for (const process of [...stage.conferences]) {
    if ((await metric(process, 'portico_rooms')) === 0) continue;
    stage.conferences.splice(stage.conferences.indexOf(process), 1);
    const [next] = await Promise.all([stage.cluster.conference(), process.kill()]);
    stage.conferences.push(next);
    return;
  }
}

describe('a room in a storm', () => {
  for (const seed of [1, 2, 3]) {
    it(`stays what everybody was told, whatever happens to its owners (seed ${seed})`, async () => {
      const random = new Random(seed);
      const cluster = new TestCluster(localBuses(() => random.next() * 3));
      try {
        const stage = await Stage.set(cluster, { conferences: 2, accesses: 2, portals: 2 });
        const storm = new Storm(stage, 6, random);
        await storm.run(12, { every: 20, thunder: () => ownerDies(stage) });
        await check(stage, storm.people);
        await settled(stage, storm.people);
      } finally {
        await cluster.stop();
      }
    });
  }
});
