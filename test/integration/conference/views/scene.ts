import type { z } from 'zod';
import type { ClientContract } from '../../../../common/contract/client.ts';
import type { SubscriptionGrant } from '../../../../common/contract/cluster.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { StreamId } from '../../../../common/contract/ids.ts';
import type {
  ForwardStreamInfo,
  Kind,
  MixedStreamInfo,
  StreamInfo,
} from '../../../../common/contract/media.ts';
import type { MixSpec } from '../../../../common/contract/mix.ts';
import type { Guest, ScriptedMixer } from '../../../support/scripted-agents.ts';
import { until } from '../../../support/until.ts';
import { localBuses, testConfig, TestCluster } from '../cluster.ts';
import { must, Stage, streamId, subscriptionId, transport } from '../stage.ts';

type Track = z.input<ClientContract['subscribe']['input']>['media']['tracks'][number];

/** A room with views, and mixer agents. */
export class Scene {
  readonly stage: Stage;

  static async set(
    { delay, ...options }: Parameters<typeof Stage.set>[1] & { delay?: () => number } = {},
    config: Parameters<typeof testConfig>[0] = {},
  ): Promise<Scene> {
    const cluster = new TestCluster(localBuses(delay), testConfig(config));
    return new Scene(await Stage.set(cluster, { mixers: 1, ...options }));
  }

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get cluster(): TestCluster {
    return this.stage.cluster;
  }

  get mixer(): ScriptedMixer {
    return this.stage.mixer;
  }

  /** Id of a mixed stream. */
  id(view = 'common'): StreamId {
    return StreamId.parse(`${this.stage.room}-${view}`);
  }

  mix(guest: Guest, stream: string, view = 'common') {
    return this.stage.control(guest, { id: streamId(stream), operation: 'mix', data: view });
  }

  unmix(guest: Guest, stream: string, view = 'common') {
    return this.stage.control(guest, { id: streamId(stream), operation: 'unmix', data: view });
  }

  /** Subscribes to a view. */
  watch(
    { portal, id: participant }: Guest,
    sub: string,
    { view = 'common', kinds = ['audio', 'video'], parameters }: WatchOptions = {},
  ) {
    const tracks = kinds.map((type): Track => {
      const wanted = type === 'video' && parameters !== undefined ? { parameters } : {};
      return { type, from: this.id(view), ...wanted };
    });
    const request = { id: subscriptionId(sub), media: { tracks }, transport };
    return portal.request(this.stage.room, participant, 'subscribe', request);
  }

  unwatch({ portal, id: participant }: Guest, sub: string) {
    return portal.request(this.stage.room, participant, 'unsubscribe', { id: subscriptionId(sub) });
  }

  /** Somebody joins, publishes and is mixed. */
  async enter(user: string, stream: string, view = 'common'): Promise<Guest> {
    const guest = await this.stage.join({ user });
    await this.stage.publish(guest, stream);
    await this.mix(guest, stream, view);
    return guest;
  }

  /** The mixed stream as a newcomer sees it. */
  async mixed(view = 'common'): Promise<MixedStreamInfo> {
    return mixedOf(await this.stage.look(), this.id(view));
  }

  async forward(id: string): Promise<ForwardStreamInfo> {
    const { streams } = await this.stage.look();
    const found = must(streams.find((stream) => stream.id === streamId(id)));
    if (found.type !== 'forward') throw new Error('this must be a forward stream');
    return found;
  }

  /** The grant of a subscription at the agent that has it. */
  grant(sub: string): SubscriptionGrant | undefined {
    const all = this.stage.accesses.map(({ service }) => service.subscriptions.get(subscriptionId(sub)));
    return all.find((grant) => grant !== undefined);
  }

  /** Waits until the newest spec of a view is like this. */
  async spec(matches: (spec: MixSpec) => boolean, view = 'common'): Promise<MixSpec> {
    const find = () =>
      this.stage.mixers.flatMap(({ service }) => service.spec(view) ?? []).find((spec) => matches(spec));
    return await until(find, { what: `a mix with ${matches.toString()}` });
  }

  /** Mixers on which a view runs. */
  hosts(view = 'common'): ScriptedMixer[] {
    return this.stage.mixers.map(({ service }) => service).filter(({ mixes }) => mixes.has(view));
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }
}

type SceneOptions = Parameters<typeof Scene.set>[0];
type SceneConfig = Parameters<typeof Scene.set>[1];

/**
 * Scenes of the tests of a block: each is over when its test is.
 *
 * @param begin gets the scene, and does what every test begins with
 * @param usual what all scenes of the block have
 * @returns sets the scene of a test
 */
export function useScenes(
  begin: (scene: Scene) => void | Promise<void>,
  usual: SceneOptions = {},
): (options?: SceneOptions, config?: SceneConfig) => Promise<void> {
  let scene: Scene | undefined;
  afterEach(async () => {
    await scene?.stop();
    scene = undefined;
  });
  return async (options, config) => {
    scene = await Scene.set({ ...usual, ...options }, config);
    await begin(scene);
  };
}

interface WatchOptions {
  view?: string;
  kinds?: Kind[];
  parameters?: Track['parameters'];
}

export function mixedOf({ streams }: { streams: readonly StreamInfo[] }, id: string): MixedStreamInfo {
  const found = must(streams.find((stream) => stream.id === id));
  if (found.type !== 'mixed') throw new Error('this must be a mixed stream');
  return found;
}

/** Streams in the regions of a layout, in order; empty ones are `-`. */
export const shown = (layout: readonly { stream?: string | undefined }[]): string =>
  layout.map(({ stream }) => stream ?? '-').join(' ');

/** What a promise is rejected with: code and field. */
export async function refusal(promise: Promise<unknown>): Promise<[string, string | undefined]> {
  try {
    await promise;
  } catch (error) {
    const { code, details } = PorticoError.from(error);
    return [code, details.field];
  }
  return ['ok', undefined];
}
