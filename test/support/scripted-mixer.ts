import type { Bus, CallOptions, Service } from '../../common/bus/bus.ts';
import { Caller, serveContract } from '../../common/bus/contract.ts';
import { Owners } from '../../common/cluster/owners.ts';
import { memberContract, type Inventory, type Owner } from '../../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../../common/contract/conference.ts';
import type { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, ProducerId, roomAddress, RouterId } from '../../common/contract/ids.ts';
import type { MemberId, RoomId } from '../../common/contract/ids.ts';
import type { MixSpec, MixState } from '../../common/contract/mix.ts';
import { mixerContract, type MixerContract } from '../../common/contract/mixing.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import type { Input } from '../../common/contract/rpc.ts';
import { CallScript, notScripted, persistently } from './scripted-calls.ts';
import { ScriptedOutlets } from './scripted-outlets.ts';
import type { HeldCall, ScriptedMember } from './scripted-calls.ts';

interface ScriptedMix {
  spec: MixSpec;
  producers: Map<string, ProducerId>;
}

type MixMethod =
  'mix.apply' | 'mix.close' | 'egress.apply' | 'egress.close' | 'ingress.apply' | 'ingress.close';

/**
 * An honest stand-in for a mixer agent: makes a producer for each output that a spec names and keeps it as long as it does,
 * refuses stale owners, keeps what inventories need, and records what it is told.
 */
export class ScriptedMixer {
  readonly id: MemberId;
  readonly router: RouterId;
  readonly owners = new Owners();
  /** Specs that were applied, in order. */
  readonly specs: MixSpec[] = [];
  /** Views that it was told to close. */
  readonly closed: string[] = [];
  readonly mixes = new Map<string, ScriptedMix>();
  /** Each call from now on that begins or changes something fails like this; undefined: none does. */
  refusal: PorticoError | undefined;
  /** What it records, sends out and fetches. */
  readonly outlets: ScriptedOutlets;
  readonly #bus: Bus;
  readonly #rooms: Caller<RoomContract>;
  readonly #script = new CallScript();
  #service: Service | undefined;
  #produced = 0;

  static async create(member: ScriptedMember): Promise<ScriptedMixer> {
    const mixer = new ScriptedMixer(member);
    await mixer.#serve();
    return mixer;
  }

  private constructor({ bus, membership }: ScriptedMember) {
    this.id = membership.id;
    this.router = RouterId.parse(`router-${this.id}`);
    this.#bus = bus;
    this.#rooms = new Caller(bus, roomContract);
    this.outlets = new ScriptedOutlets({ bus, id: this.id, router: this.router, owners: this.owners });
  }

  /** The newest spec of a view that runs here. */
  spec(view = 'common'): MixSpec | undefined {
    return this.mixes.get(view)?.spec;
  }

  /** The next call of this method fails. */
  fail(method: MixMethod, error: PorticoError): void {
    this.#script.fail(method, error);
  }

  /** The next call of this method waits for `release`; with `answer` in front its answer does. */
  hold(point: MixMethod | 'room.inventory' | `answer ${MixMethod}`): HeldCall {
    return this.#script.hold(point);
  }

  /** A mix cannot go on here, and its room is told. */
  async end(room: RoomId, view: string, reason: SessionEndReason): Promise<void> {
    this.mixes.delete(view);
    const report = { agent: this.id, view, reason };
    const call = (options: CallOptions) => this.#rooms.call(roomAddress(room), 'mixEnded', report, options);
    await persistently(this.#bus, call, () => Promise.resolve());
  }

  /** What it held is gone with it. */
  async close(): Promise<void> {
    this.mixes.clear();
    this.outlets.clear();
    await this.#service?.close();
  }

  inventory(room: RoomId): Inventory {
    return {
      member: this.id,
      role: 'mixer',
      participants: [],
      seats: [],
      publications: [],
      subscriptions: [],
      usedTokens: [],
      mixes: [...this.mixes.values()].map((mix) => ({ spec: mix.spec, state: this.#stateOf(mix) })),
      ...this.outlets.inventory,
      ...this.owners.memory(room),
    };
  }

  async #serve(): Promise<void> {
    const serve = serveContract(
      { ...memberContract, ...mixerContract },
      {
        ...notScripted(mixerContract),
        'room.inventory': ({ room }) => this.inventory(room),
        'room.owner': ({ room, owner, stored }) => {
          this.owners.announced(room, owner, stored);
          return {};
        },
        'room.remember': ({ room, owner, ...memory }) => {
          this.owners.remember(room, owner, memory);
          return {};
        },
        'mix.apply': (params) => this.#apply(params),
        'mix.close': ({ room, owner, view }: { room: RoomId; owner: Owner; view: string }) => {
          this.owners.accept(room, owner);
          this.closed.push(view);
          this.mixes.delete(view);
          return {};
        },
        ...this.outlets.handlers(),
      },
    );
    const refusal = (method: string) => (method.endsWith('.apply') ? this.refusal : undefined);
    this.#service = await this.#bus.serve(memberAddress(this.id), this.#script.handler(serve, refusal));
  }

  #apply({ room, owner, spec }: Input<MixerContract, 'mix.apply'>): MixState {
    this.owners.accept(room, owner);
    const mix = this.mixes.get(spec.view) ?? { spec, producers: new Map<string, ProducerId>() };
    if (spec.revision < mix.spec.revision) return this.#stateOf(mix);
    mix.spec = spec;
    this.specs.push(spec);
    this.mixes.set(spec.view, mix);
    const wanted = [...spec.outputs.audio.map((key) => `audio ${key}`)];
    wanted.push(...spec.outputs.video.map(({ key }) => `video ${key}`));
    for (const name of mix.producers.keys()) if (!wanted.includes(name)) mix.producers.delete(name);
    for (const name of wanted) {
      if (mix.producers.has(name)) continue;
      this.#produced += 1;
      mix.producers.set(name, ProducerId.parse(`${this.id}:${String(this.#produced)}`));
    }
    return this.#stateOf(mix);
  }

  #stateOf({ spec, producers }: ScriptedMix): MixState {
    const named = (kind: string, key: string) => producers.get(`${kind} ${key}`);
    return {
      revision: spec.revision,
      router: this.router,
      audio: spec.outputs.audio.flatMap((key) => {
        const producer = named('audio', key);
        return producer === undefined ? [] : [{ key, producer }];
      }),
      video: spec.outputs.video.flatMap(({ key }) => {
        const producer = named('video', key);
        return producer === undefined ? [] : [{ key, producer }];
      }),
      formats: {
        audio: { codec: 'opus' },
        ...(spec.video === undefined ? {} : { video: spec.video.format }),
      },
    };
  }
}
