import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { Random } from '../../../support/random.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { codeOf, heard, must, streamId } from '../stage.ts';
import { mixedOf, Scene } from './scene.ts';

/** Errors that a client meets when something dies under it; it tries again later. */
const passing = [
  'ok',
  'stream_interrupted',
  'resource_exhausted',
  'timeout',
  'worker_lost',
  'subscription_not_found',
];

/** One person, who publishes, mixes, watches and repeats; as its SDK does, it subscribes again when it is told to. */
class Viewer {
  readonly guest: Guest;
  readonly stream: string;
  /** Subscriptions that it believes to have. */
  readonly watching = new Set<string>();
  readonly #scene: Scene;
  readonly #random: Random;
  #count = 0;
  #seen = 0;

  constructor(scene: Scene, guest: Guest, random: Random) {
    this.#scene = scene;
    this.guest = guest;
    this.stream = `s-${guest.joined.record.user}`;
    this.#random = random;
  }

  async act(): Promise<void> {
    const { guest, stream } = this;
    this.#notice();
    switch (this.#random.below(6)) {
      case 0:
        this.#check(await codeOf(this.#scene.mix(guest, stream)));
        break;
      case 1:
        this.#check(await codeOf(this.#scene.unmix(guest, stream)));
        break;
      case 2: {
        const pause = { id: streamId(stream), data: 'video' as const };
        const operation = this.#random.chance(0.5) ? 'pause' : 'play';
        this.#check(await codeOf(this.#scene.stage.control(guest, { ...pause, operation })));
        break;
      }
      case 3:
        for (const sub of [...this.watching].slice(0, 1)) {
          this.watching.delete(sub);
          this.#check(await codeOf(this.#scene.unwatch(guest, sub)));
        }
        break;
      default: {
        const sub = `${stream}-${this.#count++}`;
        const parameters = this.#random.chance(0.3) ? { framerate: 12 } : {};
        const code = await codeOf(this.#scene.watch(guest, sub, { parameters }));
        this.#check(code);
        if (code === 'ok') this.watching.add(sub);
      }
    }
  }

  /** Forgets what it was told to be over. */
  #notice(): void {
    const all = heard(this.guest, 'progress');
    for (const { id } of all.slice(this.#seen)) this.watching.delete(id);
    this.#seen = all.length;
  }

  settle(): void {
    this.#notice();
  }

  #check(code: string): void {
    assert.ok(passing.includes(code), code);
  }
}

describe('views in a storm', () => {
  let scene: Scene;
  afterEach(() => scene.stop());

  /** Whether owner, mixer agents, access agents and participants are of one mind. */
  const agree = async (viewers: readonly Viewer[]) => {
    for (const viewer of viewers) viewer.settle();
    const watching = viewers.flatMap((viewer) => [...viewer.watching]).sort();
    const granted = scene.stage.accesses.flatMap(({ service }) => [...service.subscriptions.keys()]).sort();
    if (!isDeepStrictEqual(watching, granted.map(String)))
      return `subscriptions ${granted.join()} ${watching.join()}`;
    const hosts = scene.hosts();
    if (hosts.length !== (watching.length > 0 ? 1 : 0)) return `${hosts.length} hosts`;
    const [host] = hosts;
    const mixed = mixedOf(await scene.stage.look(), scene.id());
    if (mixed.status !== 'active') return mixed.status;
    if (host === undefined) return 'agreed';
    const spec = must(host.spec());
    if (!isDeepStrictEqual(spec.layout, mixed.info.layout)) return 'layout';
    const state = must(host.inventory(scene.stage.room).mixes?.[0]).state;
    const producers = new Set([...state.audio, ...state.video].map(({ producer }) => producer));
    const used = new Set(
      scene.stage.accesses.flatMap(({ service }) =>
        [...service.subscriptions.values()].flatMap(({ tracks }) =>
          tracks.map(({ origin }) => origin.producer),
        ),
      ),
    );
    if (!isDeepStrictEqual(producers, used)) return `producers ${[...producers].join()} ${[...used].join()}`;
    for (const input of spec.inputs) {
      const publication = must(scene.stage.access.publications.get(input.stream));
      const paused = publication.tracks.find(({ type }) => type === 'video')?.paused;
      if (input.video?.paused !== paused) return 'mutes';
    }
    return 'agreed';
  };

  for (const seed of [1, 2, 3]) {
    it(`end as everybody was told, whatever dies and whatever overtakes what (seed ${seed})`, async () => {
      const random = new Random(seed);
      scene = await Scene.set(
        { conferences: 3, mixers: 3, delay: () => random.below(8) },
        { cluster: { orphan_ms: 300 } },
      );
      const { stage } = scene;
      const viewers: Viewer[] = [];
      for (const user of ['alice', 'bob', 'carol', 'dave']) {
        const guest = await stage.join({ user });
        await stage.publish(guest, `s-${user}`);
        viewers.push(new Viewer(scene, guest, random));
      }
      let conferences = 2;
      let mixers = 2;
      for (let round = 0; round < 12; round += 1) {
        const acting = viewers.map(async (viewer) => {
          for (let step = 0; step < 3; step += 1) await viewer.act();
        });
        const [host] = scene.hosts();
        if (round % 3 === 1 && host !== undefined) {
          if (mixers > 0 && random.chance(0.5)) {
            mixers -= 1;
            await must(stage.mixers.find(({ service }) => service === host)).kill();
          } else await host.end(stage.room, 'common', 'worker_died');
        }
        if (round % 5 === 3 && conferences > 0) {
          conferences -= 1;
          await stage.ownerOf(must(viewers[0]).guest).kill();
        }
        await Promise.all(acting);
      }
      let last = '';
      await until(async () => (last = await agree(viewers)) === 'agreed', { what: 'all agree' }).catch(
        (error: unknown) => {
          throw new Error(`they do not agree: ${last}`, { cause: error });
        },
      );
    }).timeout(30_000);
  }
});
