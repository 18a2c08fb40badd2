import { fileURLToPath } from 'node:url';
import type { Service } from '../common/bus/bus.ts';
import { serveContract } from '../common/bus/contract.ts';
import type { Environment } from '../common/config/environment.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { routeEngineLog } from '../common/media/engine-log.ts';
import { mediaAddress } from '../common/media/listen-address.ts';
import { MediaMetrics } from '../common/media/media-metrics.ts';
import { createPipes, type Pipes } from '../common/media/pipes/pipes.ts';
import type { PipeAddress } from '../common/media/pipe-transport.ts';
import { RoomRouters } from '../common/media/room-routers.ts';
import { WorkerPool } from '../common/media/worker-pool.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import { findFfmpeg } from './ffmpeg/find.ts';
import { FfmpegChoice } from './ffmpeg-choice.ts';
import { createHandlers, servedContract } from './handlers.ts';
import { MixMetrics } from './metrics.ts';
import { Mixes } from './mixes.ts';
import { ProcessPool } from './process/process-pool.ts';

export interface MixerOptions {
  /** Where an FFmpeg may be named. */
  env: Environment;
  /** Finds an FFmpeg that can mix, and resolves with its path; tests have their own. */
  findFfmpeg?: () => Promise<string>;
  /** Entry point of mix processes; tests have their own. */
  processFile?: string;
}

interface Parts {
  workers: WorkerPool;
  processes: ProcessPool;
  mixes: Mixes;
  ffmpeg: FfmpegChoice;
}

/** Mixes: one picture and sound out of many, in a process for each. */
export class MixerAgent implements RunningService {
  readonly #parts: Parts;
  #service: Service | undefined;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Starts the workers and serves the address of this process. Without a usable FFmpeg it starts, too, and refuses pictures.
   * @throws PorticoError when a worker does not start
   */
  static async create(context: ServiceContext, options: MixerOptions): Promise<MixerAgent> {
    const { bus, config, log, membership } = context;
    const metrics = new MediaMetrics(context.metrics);
    routeEngineLog(log);
    const { access, mixer } = config;
    const address = await mediaAddress(access.pipe_ip, '', 'access.pipe_ip');
    const workers = await WorkerPool.create({
      count: mixer.workers,
      address: { ip: '127.0.0.1' },
      port: 0,
      logLevel: access.worker_log_level,
      timeoutMs: access.worker_timeout_ms,
      log,
      metrics,
    });
    const pipeAddress = { ...address, ports: { min: access.pipe_ports[0], max: access.pipe_ports[1] } };
    const { pipes, ...parts } = assemble(context, options, { workers, metrics, pipeAddress });
    const agent = new MixerAgent(parts);
    // Whoever needs it hears of a failure.
    parts.ffmpeg.path().catch(() => undefined);
    const handlers = createHandlers({ self: membership.id, mixes: parts.mixes, pipes });
    try {
      agent.#service = await bus.serve(memberAddress(membership.id), serveContract(servedContract, handlers));
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** Share of the CPU in use: 0 idle .. 1 all of it, or nothing can be mixed. */
  get load(): number {
    const { mixes, ffmpeg } = this.#parts;
    return ffmpeg.missing ? Math.max(1, mixes.load.value) : mixes.load.value;
  }

  /** Processes of the mixes. */
  get mixPids(): number[] {
    return this.#parts.mixes.pids;
  }

  /** Processes of the workers. */
  get workerPids(): number[] {
    return this.#parts.workers.workers.map(({ pid }) => pid);
  }

  /** Tells the owners that the mixes end here, ends them, stops the workers; resolves when all is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { workers, processes, mixes } = this.#parts;
    // Served until the owners have heard of it: they would take silence for a crash.
    await mixes.shutDown();
    await this.#service?.close();
    await Promise.all([workers.close(), processes.close()]);
  }
}

interface Engine {
  workers: WorkerPool;
  metrics: MediaMetrics;
  /** Where other agents reach this one. */
  pipeAddress: PipeAddress;
}

/** Builds what serves the calls. */
function assemble(
  context: ServiceContext,
  options: MixerOptions,
  { workers, metrics, pipeAddress }: Engine,
): Parts & { pipes: Pipes } {
  const { log, membership, config } = context;
  const { mixer } = config;
  const routers = new RoomRouters(metrics);
  const pipes = createPipes({ ...context, address: pipeAddress, metrics }, routers);
  const file = options.processFile ?? fileURLToPath(new URL('mix/main.ts', import.meta.url));
  const processes = new ProcessPool({ file, spare: mixer.spare, log });
  const find = async () => (await findFfmpeg({ configured: mixer.ffmpeg, env: options.env })).path;
  const ffmpeg = new FfmpegChoice(options.findFfmpeg ?? find, log);
  const parts = {
    ...context,
    ...pipes,
    self: membership.id,
    config: mixer,
    metrics: new MixMetrics(context.metrics),
    routers,
    processes,
    ffmpeg: () => ffmpeg.path(),
  };
  return { workers, processes, ffmpeg, mixes: new Mixes(parts, workers), pipes };
}
