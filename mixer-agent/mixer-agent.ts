import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from '../common/bus/bus.ts';
import { serveContract } from '../common/bus/contract.ts';
import { ApiMembers } from '../common/cluster/api-members.ts';
import { Owners } from '../common/cluster/owners.ts';
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
import type { EgressWords } from './egress/protocol.ts';
import { Egresses } from './egresses/egresses.ts';
import { EgressMetrics } from './egresses/metrics.ts';
import { findFfmpeg } from './ffmpeg/find.ts';
import { FfmpegChoice } from './ffmpeg-choice.ts';
import { createHandlers, servedContract } from './handlers.ts';
import { LiveFolder } from './live-folder/live-folder.ts';
import { MixMetrics } from './metrics.ts';
import type { MixWords } from './mix/protocol.ts';
import type { IngressWords } from './ingress/protocol.ts';
import { Ingresses } from './ingresses/ingresses.ts';
import { IngressMetrics } from './ingresses/metrics.ts';
import { Mixes } from './mixes.ts';
import type { AgentParts } from './parts.ts';
import { Placement } from './placement.ts';
import { ProcessPool } from './process/process-pool.ts';
import { Announcing } from './recordings/announcing.ts';
import { Recordings } from './recordings/recordings.ts';
import { RoomTies } from './room-ties.ts';

/** How long finished recordings are told of when the agent stops, ms; the rest the next start does. */
const concludeMs = 1_000;
/** How long a recording or live stream may take to write what it has, ms. */
const egressFarewellMs = 10_000;

export interface MixerOptions {
  /** Where an FFmpeg may be named. */
  env: Environment;
  /** Folder for what the server keeps. */
  dataDir: string;
  /** Finds an FFmpeg that can mix, and resolves with its path; tests have their own. */
  findFfmpeg?: () => Promise<string>;
  /** Entry point of mix processes; tests have their own. */
  processFile?: string;
  /** After how long what is done for a room that nobody owns is given up, ms. */
  orphanMs?: number;
}

interface Parts {
  workers: WorkerPool;
  processes: readonly { close: () => Promise<void> }[];
  owners: Owners;
  mixes: Mixes;
  egresses: Egresses;
  ingresses: Ingresses;
  recordings: Recordings;
  announcing: Announcing;
  api: ApiMembers;
  live: LiveFolder;
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
    const pipeAddress = { ...address, ports: { min: access.pipe_ports[0], max: access.pipe_ports[1] } };
    const live = await LiveFolder.create({ config: config.streaming, log });
    const workers = await WorkerPool.create({
      count: mixer.workers,
      address: { ip: '127.0.0.1' },
      port: 0,
      logLevel: access.worker_log_level,
      timeoutMs: access.worker_timeout_ms,
      log,
      metrics,
    }).catch(async (error: unknown) => {
      await live.close();
      throw error;
    });
    const { pipes, ...parts } = assemble(context, options, { workers, metrics, pipeAddress, live });
    const agent = new MixerAgent(parts);
    // Whoever needs it hears of a failure.
    parts.ffmpeg.path().catch(() => undefined);
    const handlers = createHandlers({ ...parts, self: membership.id, pipes });
    try {
      await parts.recordings.begin();
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
    const { workers, processes, mixes, egresses, ingresses, recordings, announcing, api, live } = this.#parts;
    // Served until the owners have heard of it: they would take silence for a crash.
    await Promise.all([mixes.shutDown(), egresses.shutDown(), ingresses.shutDown()]);
    await this.#service?.close();
    await recordings.concluded(concludeMs);
    announcing.close();
    api.close();
    recordings.close();
    await Promise.all([workers.close(), live.close(), ...processes.map((pool) => pool.close())]);
  }
}

interface Engine {
  workers: WorkerPool;
  metrics: MediaMetrics;
  /** Where other agents reach this one. */
  pipeAddress: PipeAddress;
  live: LiveFolder;
}

/** Builds what serves the calls. */
function assemble(
  context: ServiceContext,
  options: MixerOptions,
  { workers, metrics, pipeAddress, live }: Engine,
): Parts & { pipes: Pipes } {
  const { log, membership, config } = context;
  const { mixer, recording, streaming } = config;
  const routers = new RoomRouters(metrics);
  const pipes = createPipes({ ...context, address: pipeAddress, metrics }, routers);
  const find = async () => (await findFfmpeg({ configured: mixer.ffmpeg, env: options.env })).path;
  const ffmpeg = new FfmpegChoice(options.findFfmpeg ?? find, log);
  const mixMetrics = new MixMetrics(context.metrics);
  const owners = new Owners();
  const parts: AgentParts = {
    ...pipes,
    self: membership.id,
    log,
    owners,
    ties: new RoomTies({ ...context, orphanMs: options.orphanMs }),
    placement: new Placement(workers),
    fetched: mixMetrics.inputs,
    routers,
    ffmpeg: () => ffmpeg.path(),
  };
  const mixPool = new ProcessPool<MixWords>({
    kind: { name: 'mix', file: options.processFile ?? fileOf('mix') },
    spare: mixer.spare,
    log,
  });
  const ingressPool = new ProcessPool<IngressWords>({
    kind: { name: 'ingress', file: fileOf('ingress') },
    spare: 0,
    log,
  });
  const egressPool = new ProcessPool<EgressWords>({
    kind: { name: 'egress', file: fileOf('egress'), farewellMs: egressFarewellMs },
    spare: 0,
    log,
  });
  const api = new ApiMembers(context);
  const announcing = new Announcing({ api, self: membership.id, log });
  const recordings = new Recordings({
    config: recording,
    folder: recording.path === '' ? join(options.dataDir, 'recordings') : recording.path,
    ffmpeg: parts.ffmpeg,
    announce: (ready) => announcing.tell(ready),
    log,
  });
  const egresses = new Egresses({
    ...parts,
    ...{ recording, streaming, recordings, live },
    metrics: new EgressMetrics(context.metrics),
    egressProcesses: egressPool,
  });
  const mixes = new Mixes({ ...parts, config: mixer, metrics: mixMetrics, processes: mixPool });
  const ingresses = new Ingresses({
    ...parts,
    streaming,
    metrics: new IngressMetrics(context.metrics),
    ingressProcesses: ingressPool,
  });
  const processes = [mixPool, egressPool, ingressPool];
  return {
    ...{ workers, processes, owners, ffmpeg, mixes, egresses, ingresses, recordings, live, pipes },
    ...{ announcing, api },
  };
}

/** Entry point of the processes of a kind. */
const fileOf = (kind: string): string => fileURLToPath(new URL(`${kind}/main.ts`, import.meta.url));
