import type { Service } from '../common/bus/bus.ts';
import { serveContract } from '../common/bus/contract.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { pause } from '../common/lifecycle/wait.ts';
import { routeEngineLog } from '../common/media/engine-log.ts';
import { mediaAddress, type MediaAddress } from '../common/media/listen-address.ts';
import { MediaMetrics } from '../common/media/media-metrics.ts';
import { createPipes, type Pipes } from '../common/media/pipes/pipes.ts';
import { RoomRouters } from '../common/media/room-routers.ts';
import { WorkerPool } from '../common/media/worker-pool.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import { servedContract } from './handler-parts.ts';
import { createHandlers } from './handlers.ts';
import { Hints } from './hints.ts';
import type { AgentParts } from './parts.ts';
import { Rooms } from './rooms.ts';

/** How long the owners of rooms are waited for when the agent stops, ms. */
const farewellMs = 1_000;

/** Gives participants their media: transports, producers, consumers, and pipes to other agents. */
export class AccessAgent implements RunningService {
  readonly #limit: number;
  readonly #pool: WorkerPool;
  readonly #rooms: Rooms;
  #service: Service | undefined;
  #closing: Promise<void> | undefined;

  private constructor(limit: number, pool: WorkerPool, rooms: Rooms) {
    this.#limit = limit;
    this.#pool = pool;
    this.#rooms = rooms;
  }

  /**
   * Starts the workers and serves the address of this process.
   * @throws PorticoError when a worker does not start or its port is taken
   */
  static async create(context: ServiceContext): Promise<AccessAgent> {
    const { bus, config, log } = context;
    const metrics = new MediaMetrics(context.metrics);
    routeEngineLog(log);
    const { access, server } = config;
    const listen = access.listen_ip === '' ? server.host : access.listen_ip;
    const pipeAddress = await mediaAddress(access.pipe_ip, '', 'access.pipe_ip');
    const pool = await WorkerPool.create({
      count: access.workers,
      address: await mediaAddress(listen, access.announced_address),
      port: access.port,
      logLevel: access.worker_log_level,
      timeoutMs: access.worker_timeout_ms,
      log,
      metrics,
    });
    const self = context.membership.id;
    const { rooms, edgePipes, originPipes } = assemble({ ...context, log }, { pool, metrics, pipeAddress });
    const agent = new AccessAgent(access.consumers_per_worker, pool, rooms);
    const handlers = createHandlers({ self, log, rooms, pool, edgePipes, originPipes });
    try {
      agent.#service = await bus.serve(memberAddress(self), serveContract(servedContract, handlers));
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** How full it is: 0 idle .. 1 as many consumers as configured. Above 1: more than that. */
  get load(): number {
    const workers = this.#pool.workers.length;
    return workers === 0 ? 1 : this.#rooms.consumers / (workers * this.#limit);
  }

  /** Processes of the workers. */
  get workerPids(): number[] {
    return this.#pool.workers.map(({ pid }) => pid);
  }

  /** Tells the owners what ends, stops the workers; resolves when all is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#service?.close();
    const rooms = this.#rooms.all();
    for (const room of rooms) room.shutDown();
    const heard = Promise.all(rooms.map((room) => room.reports.idle()));
    const patience = new AbortController();
    await Promise.race([heard, pause(farewellMs, patience.signal)]);
    patience.abort();
    await this.#pool.close();
  }
}

interface Engine {
  pool: WorkerPool;
  metrics: MediaMetrics;
  /** Where other agents reach this one. */
  pipeAddress: MediaAddress;
}

/** Builds what serves the calls. */
function assemble(
  context: ServiceContext,
  { pool, metrics, pipeAddress }: Engine,
): Omit<Pipes, 'published' | 'sources'> & { rooms: Rooms } {
  const { bus, membership, config, log } = context;
  const [min, max] = config.access.pipe_ports;
  const routers = new RoomRouters(metrics);
  const address = { ...pipeAddress, ports: { min, max } };
  const { published, sources, ...pipes } = createPipes({ ...context, address, metrics }, routers);
  const parts: AgentParts = {
    self: membership.id,
    bus,
    config: config.access,
    log,
    metrics,
    routers,
    hints: new Hints(bus, log),
    published,
    sources,
  };
  return { rooms: new Rooms(parts, pool), ...pipes };
}
