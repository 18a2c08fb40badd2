import type { KeyObject } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { SigningKeys } from '../common/auth/keys.ts';
import type { Environment } from '../common/config/environment.ts';
import type { Config } from '../common/config/schema.ts';
import { clusterMetrics } from '../common/observe/cluster-metrics.ts';
import {
  registerHealth,
  serveHealth,
  serviceChecks,
  type Check,
  type HealthServer,
} from '../common/observe/health.ts';
import type { Logger } from '../common/observe/log.ts';
import { createMetrics } from '../common/observe/metrics.ts';
import type { ManagementApi, ManagementOptions } from '../management-api/management-api.ts';
import type { Portal, PortalOptions } from '../portal/portal.ts';
import { publicUrl } from '../portal/public-url.ts';
import { busSource } from './buses.ts';
import { LocalMember, type ServiceRole } from './member.ts';
import { dataDir } from './network.ts';
import { version } from './version.ts';

export interface ServerOptions {
  roles: readonly ServiceRole[];
  config: Config;
  log: Logger;
  devMode: boolean;
  /** Keys of the configuration or the data folder that tokens may be signed with; portals and the api need them. */
  keys: SigningKeys;
  /** Folder of the store, and of what is generated. */
  dataDir: string;
  /** Key of reconnection tickets; only portals need it. */
  ticketKey: KeyObject | undefined;
  /** Where an FFmpeg may be named; only mixers need it. */
  env: Environment;
  /** Aborted when the process is asked to end, also while it still starts. */
  signal: AbortSignal;
}

/** Those who are asked start before those who ask; closing goes the other way round. */
const startOrder: readonly ServiceRole[] = ['api', 'conference', 'access', 'mixer', 'portal'];

/** Where OWT's management API listens, and its clients expect it. */
const defaultApiPort = 3000;

/** Loaded when needed: a portal runs without a media engine. */
const modules = {
  conference: () => import('../conference-agent/conference-agent.ts'),
  access: () => import('../access-agent/access-agent.ts'),
  mixer: () => import('../mixer-agent/mixer-agent.ts'),
  portal: () => import('../portal/portal.ts'),
  api: () => import('../management-api/management-api.ts'),
};

/** The services of this OS process: one of them, or all on a bus inside the process. */
export class ServerProcess {
  readonly #options: ServerOptions;
  readonly #metrics: Registry = createMetrics();
  readonly #members: LocalMember[] = [];
  #health: HealthServer | undefined;
  #portal: Portal | undefined;
  #api: ManagementApi | undefined;

  private constructor(options: ServerOptions) {
    this.#options = options;
    clusterMetrics(this.#metrics, () => this.#members);
  }

  /** Starts everything; what was started is stopped again when a part fails. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    try {
      await server.#start();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  get portal(): Portal | undefined {
    return this.#portal;
  }

  /** URL of the management API. */
  get apiUrl(): string | undefined {
    return this.#api?.url ?? (this.#api === undefined ? undefined : this.#portal?.url);
  }

  /** Port of health and metrics, when they have one of their own. */
  get healthPort(): number | undefined {
    return this.#health?.port;
  }

  async #start(): Promise<void> {
    const { config, log, roles, signal } = this.#options;
    const { host, port } = config.observe;
    // Up before the bus, so that an orchestrator sees a living process that is not ready yet.
    if (port !== null) this.#health = await serveHealth({ ...this.#healthOptions, host, port });
    const buses = busSource(config, signal);
    const join = (role: ServiceRole) => {
      const url = role === 'portal' ? { url: publicUrl(config.server) } : {};
      return LocalMember.join({ role, config, log, metrics: this.#metrics, buses, ...url });
    };
    const order = startOrder.filter((role) => roles.includes(role));
    // Most of joining is waiting, so the code is loaded meanwhile; `#run` tells when that fails.
    for (const role of order) modules[role]().catch(() => undefined);
    const joined = await Promise.allSettled(order.map(join));
    for (const result of joined) if (result.status === 'fulfilled') this.#members.push(result.value);
    for (const result of joined) if (result.status === 'rejected') throw result.reason;
    for (const member of this.#members) await this.#run(member);
  }

  async #run(member: LocalMember): Promise<void> {
    if (member.role === 'conference') {
      const { ConferenceAgent } = await modules.conference();
      await member.run((context) => ConferenceAgent.create(context));
    } else if (member.role === 'access') {
      const { AccessAgent } = await modules.access();
      await member.run((context) => AccessAgent.create(context));
    } else if (member.role === 'mixer') {
      const { MixerAgent } = await modules.mixer();
      const { env, config } = this.#options;
      const options = { env, dataDir: dataDir(config, env) };
      await member.run((context) => MixerAgent.create(context, options));
    } else if (member.role === 'api') {
      const { ManagementApi } = await modules.api();
      this.#api = await member.run((context) => ManagementApi.create(context, this.#apiOptions));
    } else {
      const { Portal } = await modules.portal();
      this.#portal = await member.run((context) => Portal.create(context, this.#portalOptions));
    }
  }

  get #apiOptions(): ManagementOptions {
    const { keys, dataDir, roles, config } = this.#options;
    const { port } = config.management;
    if (port === null && roles.includes('portal')) return { keys, dataDir, version };
    const alone = !roles.includes('portal') && config.observe.port === null;
    const registerRoutes = (app: FastifyInstance) => {
      registerHealth(app, this.#healthOptions);
    };
    return {
      keys,
      dataDir,
      version,
      port: port ?? defaultApiPort,
      ...(alone ? { registerRoutes } : {}),
    };
  }

  get #portalOptions(): PortalOptions {
    const { keys, ticketKey, devMode, config } = this.#options;
    if (ticketKey === undefined) throw new Error('a portal needs a key for reconnection tickets');
    const registerRoutes = async (app: FastifyInstance) => {
      if (config.observe.port === null) registerHealth(app, this.#healthOptions);
      await this.#api?.mount(app);
    };
    return { keys, ticketKey, devMode, registerRoutes };
  }

  get #healthOptions(): { checks: () => Check[]; metrics: Registry } {
    return {
      checks: () => this.#options.roles.flatMap((role) => this.#checksOf(role)),
      metrics: this.#metrics,
    };
  }

  #checksOf(role: ServiceRole): Check[] {
    const member = this.#members.find((candidate) => candidate.role === role);
    if (member?.running === true) {
      const checks = serviceChecks(role, member.bus, member.membership);
      const store = { name: 'api.store', problem: () => this.#api?.storeProblem() };
      return role === 'api' ? [...checks, store] : checks;
    }
    const problem = member === undefined ? 'connecting to the bus' : 'not running';
    return [{ name: role, problem: () => problem }];
  }

  /** Takes no new work, then stops the services in the order in which clients notice least, then leaves the cluster. */
  async close(): Promise<void> {
    const members = this.#members.toReversed();
    await Promise.all(members.map((member) => member.drain()));
    for (const member of members) await member.stopService();
    await Promise.all(members.map((member) => member.leave()));
    await this.#health?.close();
  }
}
