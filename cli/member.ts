import type { Registry } from 'prom-client';
import type { Bus } from '../common/bus/bus.ts';
import { Membership } from '../common/cluster/membership.ts';
import { Prober } from '../common/cluster/prober.ts';
import type { Config } from '../common/config/schema.ts';
import type { Role } from '../common/contract/cluster.ts';
import type { Logger } from '../common/observe/log.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import type { BusSource } from './buses.ts';

/** Services that a process can run. */
export type ServiceRole = Extract<Role, 'portal' | 'conference' | 'access' | 'mixer' | 'api'>;

export interface MemberOptions {
  role: ServiceRole;
  config: Config;
  log: Logger;
  metrics: Registry;
  buses: BusSource;
  /** Where clients reach it (portals). */
  url?: string;
}

/** A service that can say how busy it is, 0 to 1. */
type LoadedService = RunningService & { readonly load?: number };

/** One service of this process with its own place in the cluster: bus, membership, probes. */
export class LocalMember {
  readonly role: ServiceRole;
  readonly bus: Bus;
  readonly membership: Membership;
  readonly context: ServiceContext;
  readonly #load: { of: LoadedService | undefined };
  #service: LoadedService | undefined;

  private constructor(role: ServiceRole, context: ServiceContext, load: { of: LoadedService | undefined }) {
    this.role = role;
    this.context = context;
    this.bus = context.bus;
    this.membership = context.membership;
    this.#load = load;
  }

  /** Connects to the bus and learns who is there; the service itself comes with `run`. */
  static async join({ role, config, log, metrics, buses, url }: MemberOptions): Promise<LocalMember> {
    const child = log.child({ service: role });
    const bus = await buses(role, child);
    // Heartbeats tell the load of a service that is made only after the membership that it needs.
    const load: { of: LoadedService | undefined } = { of: undefined };
    try {
      const membership = await Membership.create({
        bus,
        role,
        log: child,
        heartbeatMs: config.cluster.heartbeat_ms,
        missedHeartbeats: config.cluster.missed_heartbeats,
        load: () => load.of?.load ?? 0,
        ...(url === undefined ? {} : { url }),
      });
      const prober = new Prober(bus, config.cluster.probe_ms);
      return new LocalMember(role, { bus, membership, prober, config, log: child, metrics }, load);
    } catch (error) {
      await bus.close();
      throw error;
    }
  }

  /** Starts the service, then announces it: from now on it gets work. */
  async run<S extends LoadedService>(create: (context: ServiceContext) => Promise<S>): Promise<S> {
    const service = await create(this.context);
    this.#service = service;
    this.#load.of = service;
    await this.membership.announce();
    this.context.log.info({ member: this.membership.id }, 'service started');
    return service;
  }

  /** From now on it gets no new work. */
  async drain(): Promise<void> {
    if (this.#service !== undefined) await this.membership.drain();
  }

  async stopService(): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    if (service === undefined) return;
    await service.close();
    this.context.log.info({ member: this.membership.id }, 'service stopped');
  }

  async leave(): Promise<void> {
    this.context.prober.close();
    await this.membership.close();
    await this.bus.close();
  }

  get running(): boolean {
    return this.#service !== undefined;
  }
}
