import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { EgressMedia } from '../../../../common/contract/management.ts';
import { Random } from '../../../support/random.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { codeOf, heard, must, published, streamId } from '../stage.ts';
import { both, egressId, Outlets, rtmp } from './outlets.ts';

/** Errors that whoever asks meets when something dies under it; it asks again later. */
const passing = [
  'ok',
  'egress_not_found',
  'stream_interrupted',
  'resource_exhausted',
  'timeout',
  'unavailable',
  'worker_lost',
  'stream_exists',
];

/** Asks for recordings, live streams and fetched streams without end, in the name of management. */
class Operator {
  /** Ids of those that it believes to run, or not. */
  readonly #outlets: Outlets;
  readonly #random: Random;
  readonly #sources: readonly string[];
  #count = 0;
  readonly #ids: string[] = [];

  constructor(outlets: Outlets, random: Random, sources: readonly string[]) {
    this.#outlets = outlets;
    this.#random = random;
    this.#sources = sources;
  }

  async act(): Promise<void> {
    const code = await codeOf(this.#step());
    assert.ok(passing.includes(code), code);
  }

  #step(): Promise<unknown> {
    const id = this.#ids.length === 0 ? undefined : this.#random.pick(this.#ids);
    switch (this.#random.below(5)) {
      case 0:
        return id === undefined ? this.#begin() : this.#outlets.end(id);
      case 1: {
        const status = this.#random.chance(0.5) ? 'inactive' : 'active';
        return id === undefined
          ? this.#begin()
          : this.#outlets.change(id, { change: 'status', kind: 'video', status });
      }
      case 2: {
        const from = streamId(this.#random.pick(this.#sources));
        return id === undefined
          ? this.#begin()
          : this.#outlets.change(id, { change: 'from', kind: 'audio', from });
      }
      default:
        return this.#begin();
    }
  }

  #begin(): Promise<unknown> {
    this.#count += 1;
    const id = `e-${String(this.#count)}`;
    this.#ids.push(id);
    const media: EgressMedia = both(this.#random.pick(this.#sources));
    return this.#outlets.start(id, media, this.#random.chance(0.3) ? rtmp : undefined);
  }
}

describe('recordings in a storm', () => {
  let outlets: Outlets;
  afterEach(() => outlets.stop());

  /** Whether owner, agents and participants are of one mind. */
  const agree = async (guests: readonly Guest[]): Promise<string> => {
    const { stage, scene } = outlets;
    const managed = await outlets.running();
    const ids = managed.map(({ id }) => String(id)).sort();
    const held = stage.mixers.flatMap(({ service }) => [...service.outlets.egresses.keys()]).sort();
    if (!isDeepStrictEqual(ids, held.map(String))) return `runs ${held.join()} wanted ${ids.join()}`;
    for (const { id, agent, audio, video, state } of managed) {
      const spec = must(outlets.spec(id));
      if (outlets.host(id).id !== agent || state.part !== spec.part) return `place of ${id}`;
      if (!isDeepStrictEqual([audio, video], [spec.audio, spec.video])) return `tracks of ${id}`;
      if (audio?.origin === undefined || video?.origin === undefined) return `origins of ${id}`;
    }
    const mixed = managed.some(({ audio, video }) => [audio?.stream, video?.stream].includes(scene.id()));
    if (scene.hosts().length !== (mixed ? 1 : 0)) return `${String(scene.hosts().length)} mixes`;
    const room = await stage.look();
    const recordings = managed
      .flatMap(({ id, target }) => (target.type === 'recording' ? [String(id)] : []))
      .sort();
    if (!isDeepStrictEqual(room.recordings.map(({ id }) => String(id)).sort(), recordings)) return 'snapshot';
    if (published(room).length !== 3) return 'streams';
    for (const guest of guests) {
      if (!isDeepStrictEqual([...known(guest)].sort(), recordings)) return `what ${guest.id} knows`;
    }
    return 'agreed';
  };

  /** Recordings that somebody believes to run, as its SDK keeps them. */
  const known = (guest: Guest): Set<string> => {
    const running = new Set<string>(guest.joined.room.recordings.map(({ id }) => id));
    for (const { name, data } of guest.portal.heard(guest.id)) {
      if (name === 'room') {
        running.clear();
        for (const { id } of data.recordings) running.add(id);
      }
      if (name !== 'recording') continue;
      if (data.status === 'ended') running.delete(data.id);
      else running.add(data.data.id);
    }
    return running;
  };

  for (const seed of [1, 2]) {
    it(`end as everybody was told, whatever dies and whatever overtakes what (seed ${String(seed)})`, async () => {
      const random = new Random(seed);
      outlets = await Outlets.set(
        { conferences: 3, mixers: 4, delay: () => random.below(8) },
        { rooms: { egresses: 8 } },
      );
      const { stage, scene } = outlets;
      const guests: Guest[] = [];
      for (const user of ['alice', 'bob']) {
        const guest = await stage.join({ user });
        await stage.publish(guest, `s-${user}`);
        guests.push(guest);
      }
      const url = 'rtmp://far.example/live';
      const fetched = {
        url,
        transportProtocol: 'tcp',
        bufferSize: 1,
        loop: false,
        audio: 'auto',
        video: 'auto',
      };
      await stage.admin('admin.ingress.start', {
        spec: { ...fetched, stream: streamId('in'), attributes: {} } as never,
      });
      const operator = new Operator(outlets, random, [scene.id(), 's-alice', 's-bob', 'in']);
      let conferences = 2;
      let mixers = 3;
      for (let round = 0; round < 10; round += 1) {
        const acting = [1, 2, 3].map(async () => {
          for (let step = 0; step < 3; step += 1) await operator.act();
        });
        if (round % 3 === 1 && mixers > 0) {
          mixers -= 1;
          await random.pick(stage.mixers).kill();
        }
        if (round % 4 === 2 && conferences > 0) {
          conferences -= 1;
          await stage.ownerOf(must(guests[0])).kill();
          await stage.look();
        }
        await Promise.all(acting);
      }
      let last = '';
      await until(async () => (last = await agree(guests)) === 'agreed', { what: 'all agree' }).catch(
        (error: unknown) => {
          throw new Error(`they do not agree: ${last}`, { cause: error });
        },
      );
      assert.ok(heard(must(guests[0]), 'recording').length > 0);
      assert.equal(await codeOf(outlets.end(egressId('none'))), 'egress_not_found');
    }).timeout(60_000);
  }
});
