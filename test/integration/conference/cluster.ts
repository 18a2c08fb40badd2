import { randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';
import type { Bus } from '../../../common/bus/bus.ts';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { RabbitBus } from '../../../common/bus/rabbit-bus.ts';
import { Membership } from '../../../common/cluster/membership.ts';
import { Prober } from '../../../common/cluster/prober.ts';
import { Config } from '../../../common/config/schema.ts';
import type { Role } from '../../../common/contract/cluster.ts';
import { RoomId } from '../../../common/contract/ids.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import type { ServiceContext } from '../../../common/service.ts';
import { ConferenceAgent } from '../../../conference-agent/conference-agent.ts';
import { ScriptedApi } from '../../support/scripted-api.ts';
import { ScriptedAccess, ScriptedMixer, ScriptedPortal } from '../../support/scripted-agents.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

/** Connections to one broker. */
export interface Buses {
  connect(name: string): Promise<Bus>;
  /** Breaks a connection; its bus connects again by itself. */
  sever(name: string): void;
}

export interface LocalBuses extends Buses {
  broker: LocalBroker;
}

/** @param delay ms that each message takes: those of different senders then overtake each other */
export function localBuses(delay?: () => number): LocalBuses {
  const broker = new LocalBroker(delay === undefined ? {} : { delay });
  return {
    broker,
    connect: (name) => LocalBus.connect(broker, { name }),
    sever: (name) => {
      broker.sever(name);
    },
  };
}

export interface RabbitBuses extends Buses {
  close(): Promise<void>;
}

/** Each connection has a way of its own to the broker, which can be broken. */
export function rabbitBuses(url: string): RabbitBuses {
  const prefix = `test-${randomBytes(4).toString('hex')}`;
  const ways = new Map<string, TcpProxy>();
  return {
    connect: async (name) => {
      const way = await TcpProxy.listen(Number(new URL(url).port));
      ways.set(name, way);
      const through = new URL(url);
      through.port = String(way.port);
      return await RabbitBus.connect({ url: through.href, prefix, name, heartbeatSec: 5 });
    },
    sever: (name) => {
      ways.get(name)?.sever();
    },
    close: async () => {
      await Promise.all([...ways.values()].map((way) => way.close()));
    },
  };
}

type Input = Record<string, Record<string, unknown>>;

/** Times short enough for tests; nothing waits for them but what is tested. */
export function testConfig({
  rooms = {},
  cluster = {},
  reconnection = {},
  auth = {},
  mixer = {},
}: Input = {}): Config {
  return Config.parse({
    bus: { heartbeat_s: 1 },
    cluster: { heartbeat_ms: 200, probe_ms: 25, inventory_timeout_ms: 300, orphan_ms: 300, ...cluster },
    reconnection: { window_ms: 300, ...reconnection },
    rooms: { empty_close_ms: 30, interrupted_ms: 300, ...rooms },
    auth,
    mixer: { idle_ms: 50, ...mixer },
  });
}

/** A process of the cluster. */
export interface Process<S> {
  readonly name: string;
  readonly service: S;
  readonly context: ServiceContext;
  /** As kill -9 does: its connection breaks and never comes back. */
  kill(): Promise<void>;
  /** In order, as SIGTERM does. */
  stop(): Promise<void>;
}

export const newRoom = (): RoomId => RoomId.parse(`room-${randomBytes(4).toString('hex')}`);

/** Processes on one bus, in one OS process. */
export class TestCluster {
  readonly config: Config;
  readonly #buses: Buses;
  readonly #cleanUps: (() => Promise<void>)[] = [];

  constructor(buses: Buses, config: Config = testConfig()) {
    this.#buses = buses;
    this.config = config;
  }

  conference(): Promise<Process<ConferenceAgent>> {
    return this.start('conference', (context) => ConferenceAgent.create(context));
  }

  access(): Promise<Process<ScriptedAccess>> {
    return this.start('access', (context) => ScriptedAccess.create(context));
  }

  mixer(): Promise<Process<ScriptedMixer>> {
    return this.start('mixer', (context) => ScriptedMixer.create(context));
  }

  portal(): Promise<Process<ScriptedPortal>> {
    return this.start('portal', (context) => ScriptedPortal.create(context));
  }

  api(): Promise<Process<ScriptedApi>> {
    return this.start('api', (context) => ScriptedApi.create(context));
  }

  /** Waits until a process knows all the others. */
  async acquainted(...processes: Process<unknown>[]): Promise<void> {
    for (const { context } of processes) {
      for (const other of processes) {
        const { id } = other.context.membership;
        if (id === context.membership.id) continue;
        await until(() => context.membership.get(id), { what: `${context.membership.id} knows ${id}` });
      }
    }
  }

  async stop(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }

  /** A process of a role, as `create` makes it. */
  async start<S extends { close(): Promise<void> }>(
    role: Role,
    create: (context: ServiceContext) => Promise<S>,
  ): Promise<Process<S>> {
    const name = `${role}-${randomBytes(3).toString('hex')}`;
    const bus = await this.#buses.connect(name);
    const { cluster } = this.config;
    const membership = await Membership.create({
      bus,
      role,
      log: silentLogger,
      heartbeatMs: cluster.heartbeat_ms,
      missedHeartbeats: cluster.missed_heartbeats,
    });
    const prober = new Prober(bus, cluster.probe_ms);
    const context = {
      bus,
      membership,
      prober,
      config: this.config,
      log: silentLogger,
      metrics: new Registry(),
    };
    const service = await create(context);
    await membership.announce();
    let over = false;
    const end = async (how: 'kill' | 'stop') => {
      if (over) return;
      over = true;
      if (how === 'kill') {
        this.#buses.sever(name);
        await bus.close();
      }
      await service.close();
      prober.close();
      await membership.close();
      await bus.close();
    };
    this.#cleanUps.push(() => end('stop'));
    return { name, service, context, kill: () => end('kill'), stop: () => end('stop') };
  }
}

/** The value of a metric, summed over its labels. */
export async function metric({ context }: Process<unknown>, name: string): Promise<number> {
  const all = await context.metrics.getMetricsAsJSON();
  const found = all.find((candidate) => candidate.name === name);
  return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}
