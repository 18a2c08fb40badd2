import type { EventEmitter } from 'node:events';
import { Registry } from 'prom-client';
import { AccessAgent } from '../../../../access-agent/access-agent.ts';
import { servedContract, type ServedContract } from '../../../../access-agent/handler-parts.ts';
import { Caller } from '../../../../common/bus/contract.ts';
import { LocalBroker, LocalBus } from '../../../../common/bus/local-bus.ts';
import { Membership } from '../../../../common/cluster/membership.ts';
import { Prober } from '../../../../common/cluster/prober.ts';
import { Config } from '../../../../common/config/schema.ts';
import { memberAddress, RoomId, type MemberId } from '../../../../common/contract/ids.ts';
import { within } from '../../../../common/lifecycle/wait.ts';
import { createLogger, silentLogger } from '../../../../common/observe/log.ts';
import { ScriptedOwner } from './scripted-owner.ts';
import { ScriptedPortal } from './scripted-portal.ts';

type AccessConfig = Partial<Config['access']>;

const log =
  process.env['TEST_LOG'] === undefined
    ? silentLogger
    : createLogger({ level: process.env['TEST_LOG'], format: 'json' });

/** One access agent as a process of its own would run it. */
export interface Actor {
  readonly id: MemberId;
  readonly agent: AccessAgent;
  readonly metrics: Registry;
  /** As if the process were gone: nothing is said goodbye to. */
  vanish(): Promise<void>;
}

/** Access agents on a local broker, with an owner of the room and a portal that note what they hear. */
export class Stage {
  readonly room = RoomId.parse('demo');
  readonly broker: LocalBroker;
  readonly actors: Actor[] = [];
  readonly owner = new ScriptedOwner();
  readonly portal = new ScriptedPortal();
  #bus!: LocalBus;
  #caller!: Caller<ServedContract>;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(delay?: () => number) {
    this.broker = new LocalBroker(delay === undefined ? {} : { delay });
  }

  /** @param delay milliseconds that the next message on the bus takes */
  static async create(agents: number, access: AccessConfig = {}, delay?: () => number): Promise<Stage> {
    const stage = new Stage(delay);
    try {
      await stage.#open(agents, access);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  get bus(): LocalBus {
    return this.#bus;
  }

  /** The first or n-th agent. */
  actor(index = 0): Actor {
    const actor = this.actors[index];
    if (actor === undefined) throw new Error(`there is no agent ${index}`);
    return actor;
  }

  /** Calls a method of an agent as owner, portal or other agent would. */
  call: Caller<ServedContract>['call'] = (address, method, params, options) =>
    this.#caller.call(memberAddress(address as MemberId), method, params, options);

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }

  async #open(agents: number, access: AccessConfig): Promise<void> {
    this.#bus = await LocalBus.connect(this.broker, { name: 'stage' });
    this.#closers.push(() => this.#bus.close());
    this.#caller = new Caller(this.#bus, servedContract);
    await this.owner.serve(this.#bus, this.room);
    await this.portal.serve(this.#bus);
    for (let index = 0; index < agents; index += 1) await this.#addActor(index, access);
  }

  async #addActor(index: number, access: AccessConfig): Promise<void> {
    const config = Config.parse({ access: { workers: 1, port: 0, ...access } });
    const name = `agent-${index}`;
    const bus = await LocalBus.connect(this.broker, { name });
    const membership = await Membership.create({
      bus,
      role: 'access',
      log,
      heartbeatMs: config.cluster.heartbeat_ms,
      missedHeartbeats: config.cluster.missed_heartbeats,
      load: () => 0,
    });
    const prober = new Prober(bus, config.cluster.probe_ms);
    const metrics = new Registry();
    const agent = await AccessAgent.create({ bus, membership, prober, config, log, metrics });
    await membership.announce();
    const close = async () => {
      await agent.close();
      await membership.close();
      prober.close();
      await bus.close();
    };
    this.#closers.push(close);
    const vanish = async () => {
      prober.close();
      await bus.close();
    };
    this.actors.push({ id: membership.id, agent, metrics, vanish });
  }
}

/** Waits for something that an emitter makes true; looks again at each of its `change` events. */
export async function until<T>(
  what: string,
  emitter: EventEmitter<{ change: [] }>,
  look: () => T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const found = new Promise<T>((resolve) => {
    const check = () => {
      const value = look();
      if (value === undefined || value === false) return;
      emitter.off('change', check);
      resolve(value);
    };
    emitter.on('change', check);
    check();
  });
  return await within(found, timeoutMs, () => new Error(`timed out waiting for: ${what}`));
}
