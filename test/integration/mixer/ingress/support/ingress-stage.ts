import { fileURLToPath } from 'node:url';
import { Gauge, Registry } from 'prom-client';
import { LocalBus } from '../../../../../common/bus/local-bus.ts';
import { Membership } from '../../../../../common/cluster/membership.ts';
import { Owners } from '../../../../../common/cluster/owners.ts';
import { Prober } from '../../../../../common/cluster/prober.ts';
import { Config } from '../../../../../common/config/schema.ts';
import { ProducerId, StreamId } from '../../../../../common/contract/ids.ts';
import type { IngressSpec, IngressState } from '../../../../../common/contract/ingress.ts';
import { MediaMetrics } from '../../../../../common/media/media-metrics.ts';
import { createPipes, type Pipes } from '../../../../../common/media/pipes/pipes.ts';
import { RoomRouters } from '../../../../../common/media/room-routers.ts';
import { WorkerPool } from '../../../../../common/media/worker-pool.ts';
import { createLogger, silentLogger } from '../../../../../common/observe/log.ts';
import type { IngressWords } from '../../../../../mixer-agent/ingress/protocol.ts';
import { Ingresses } from '../../../../../mixer-agent/ingresses/ingresses.ts';
import { IngressMetrics } from '../../../../../mixer-agent/ingresses/metrics.ts';
import type { IngressParts } from '../../../../../mixer-agent/ingresses/parts.ts';
import { Placement } from '../../../../../mixer-agent/placement.ts';
import { ProcessPool } from '../../../../../mixer-agent/process/process-pool.ts';
import { RoomTies } from '../../../../../mixer-agent/room-ties.ts';
import { Stage, until } from '../../../access/support/stage.ts';
import { Viewer } from './viewer.ts';

const file = fileURLToPath(new URL('../../../../../mixer-agent/ingress/main.ts', import.meta.url));

const log =
  process.env['TEST_LOG'] === undefined
    ? silentLogger
    : createLogger({ level: process.env['TEST_LOG'], format: 'json' });

export interface IngressStageOptions {
  streaming?: Partial<Config['streaming']>;
  orphanMs?: number;
}

/** What of a mixer agent fetches streams, with real workers and processes, and an owner of the room that notes what it hears. */
export class IngressStage {
  readonly cluster: Stage;
  readonly metrics = new Registry();
  ingresses!: Ingresses;
  workers!: WorkerPool;
  #pipes!: Pipes;
  #revision = 0;
  readonly #closers: (() => Promise<void> | void)[] = [];

  private constructor(cluster: Stage) {
    this.cluster = cluster;
  }

  static async create(options: IngressStageOptions = {}): Promise<IngressStage> {
    const stage = new IngressStage(await Stage.create(0));
    await stage.#open(options);
    return stage;
  }

  get owner() {
    return this.cluster.owner;
  }

  spec(url: string, more: Partial<IngressSpec> = {}): IngressSpec {
    this.#revision += 1;
    return {
      stream: StreamId.parse('fetched'),
      revision: this.#revision,
      url,
      transportProtocol: 'tcp',
      bufferSize: 8_192,
      loop: false,
      audio: 'auto',
      video: 'auto',
      paused: { audio: false, video: false },
      attributes: {},
      ...more,
    };
  }

  async apply(url: string, more: Partial<IngressSpec> = {}): Promise<IngressState> {
    return await this.ingresses.apply(this.cluster.room, this.owner.owner, this.spec(url, more));
  }

  async end(stream = StreamId.parse('fetched')): Promise<void> {
    await this.ingresses.close(this.cluster.room, this.owner.owner, stream);
  }

  /** The newest state that the owner heard of, when it fits. */
  async heard(what: string, fits: (state: IngressState) => boolean): Promise<IngressState> {
    return await until(what, this.owner, () => {
      const state = this.owner.all('ingressChanged').at(-1)?.state;
      return state !== undefined && fits(state) && state;
    });
  }

  get state(): IngressState | undefined {
    return this.ingresses.inventory(this.cluster.room)[0]?.state;
  }

  /** Receives all tracks of a stream. */
  async view({ tracks }: IngressState): Promise<Viewer> {
    const published = tracks.map(({ producer }) => this.#pipes.published.get(ProducerId.parse(producer)));
    const router = published[0]?.router?.router;
    if (router === undefined) throw new Error('it has no tracks');
    const viewer = await Viewer.create(router);
    this.#closers.push(() => {
      viewer.close();
    });
    for (const one of published) {
      if (one?.source !== undefined) await viewer.receive(router, one.source.producer.id);
    }
    return viewer;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await this.cluster.close();
  }

  async #open({ streaming = {}, orphanMs }: IngressStageOptions): Promise<void> {
    const config = Config.parse({ streaming: { private_networks: true, retry_ms: 100, ...streaming } });
    const bus = await LocalBus.connect(this.cluster.broker, { name: 'mixer' });
    const membership = await Membership.create({
      ...{ bus, role: 'mixer', log, load: () => 0 },
      heartbeatMs: config.cluster.heartbeat_ms,
      missedHeartbeats: config.cluster.missed_heartbeats,
    });
    const prober = new Prober(bus, config.cluster.probe_ms);
    const metrics = new MediaMetrics(this.metrics);
    this.workers = await WorkerPool.create({
      ...{ count: 1, address: { ip: '127.0.0.1' }, port: 0, timeoutMs: config.access.worker_timeout_ms },
      ...{ logLevel: config.access.worker_log_level, log, metrics },
    });
    const routers = new RoomRouters(metrics);
    const address = { ip: '127.0.0.1', ports: { min: 40_000, max: 49_999 } };
    this.#pipes = createPipes({ bus, membership, prober, address, metrics, log }, routers);
    const ingressProcesses = new ProcessPool<IngressWords>({
      kind: { name: 'ingress', file },
      spare: 0,
      log,
    });
    const parts: IngressParts = {
      ...this.#pipes,
      ...{ self: membership.id, log, routers, ingressProcesses, streaming: config.streaming },
      owners: new Owners(),
      ties: new RoomTies({ bus, membership, prober, log, orphanMs }),
      placement: new Placement(this.workers),
      fetched: new Gauge({ name: 'fetched', help: 'of tests', labelNames: ['kind'], registers: [] }),
      metrics: new IngressMetrics(this.metrics),
      ffmpeg: () => Promise.resolve('/usr/bin/ffmpeg'),
    };
    this.ingresses = new Ingresses(parts);
    this.#closers.push(
      async () => {
        await membership.close();
        prober.close();
        await bus.close();
      },
      () => this.workers.close(),
      () => ingressProcesses.close(),
      () => this.ingresses.shutDown(),
    );
  }
}
