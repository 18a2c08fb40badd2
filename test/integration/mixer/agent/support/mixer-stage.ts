import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { Caller } from '../../../../../common/bus/contract.ts';
import { LocalBus } from '../../../../../common/bus/local-bus.ts';
import { Membership } from '../../../../../common/cluster/membership.ts';
import { Prober } from '../../../../../common/cluster/prober.ts';
import { Config } from '../../../../../common/config/schema.ts';
import type { Owner } from '../../../../../common/contract/cluster.ts';
import { memberAddress, type MemberId } from '../../../../../common/contract/ids.ts';
import type { MixSpec, MixState } from '../../../../../common/contract/mix.ts';
import { createLogger, silentLogger } from '../../../../../common/observe/log.ts';
import { servedContract, type ServedContract } from '../../../../../mixer-agent/handlers.ts';
import { MixerAgent, type MixerOptions } from '../../../../../mixer-agent/mixer-agent.ts';
import { Stage } from '../../../access/support/stage.ts';
import { ProcessWatch } from './process-watch.ts';

const processFile = fileURLToPath(new URL('../../../../support/scripted-mix-process.ts', import.meta.url));

const log =
  process.env['TEST_LOG'] === undefined
    ? silentLogger
    : createLogger({ level: process.env['TEST_LOG'], format: 'json' });

export interface MixerStageOptions {
  accesses?: number;
  mixer?: Partial<Config['mixer']>;
  agent?: Partial<MixerOptions>;
}

/** Access agents and one mixer agent with scripted mix processes. */
export class MixerStage {
  readonly access: Stage;
  readonly watch: ProcessWatch;
  readonly metrics = new Registry();
  #agent!: MixerAgent;
  #id!: MemberId;
  #caller!: Caller<ServedContract>;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(access: Stage, watch: ProcessWatch) {
    this.access = access;
    this.watch = watch;
  }

  static async create({ accesses = 1, mixer = {}, agent = {} }: MixerStageOptions = {}): Promise<MixerStage> {
    const watch = await ProcessWatch.open();
    const stage = new MixerStage(await Stage.create(accesses), watch);
    try {
      await stage.#open(Config.parse({ mixer: { max_load: 1, ...mixer } }), agent);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  get id(): MemberId {
    return this.#id;
  }

  get agent(): MixerAgent {
    return this.#agent;
  }

  get owner(): Owner {
    return this.access.owner.owner;
  }

  async apply(spec: MixSpec, owner: Owner = this.owner): Promise<MixState> {
    const { room } = this.access;
    return await this.#caller.call(
      memberAddress(this.#id),
      'mix.apply',
      { room, owner, spec },
      { timeoutMs: 20_000 },
    );
  }

  async inventory() {
    return await this.#caller.call(memberAddress(this.#id), 'room.inventory', { room: this.access.room });
  }

  async measure() {
    const { room } = this.access;
    return (await this.#caller.call(memberAddress(this.#id), 'mix.measure', { room })).mixes;
  }

  async closeMix(view = 'common', owner: Owner = this.owner): Promise<void> {
    const { room } = this.access;
    await this.#caller.call(memberAddress(this.#id), 'mix.close', { room, owner, view });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await this.access.close();
    this.watch.close();
  }

  async #open(config: Config, options: Partial<MixerOptions>): Promise<void> {
    const dataDir = await mkdtemp(join(tmpdir(), 'portico-mixer-'));
    this.#closers.push(() => rm(dataDir, { recursive: true, force: true }));
    const bus = await LocalBus.connect(this.access.broker, { name: 'mixer' });
    const membership = await Membership.create({
      bus,
      role: 'mixer',
      log,
      heartbeatMs: config.cluster.heartbeat_ms,
      missedHeartbeats: config.cluster.missed_heartbeats,
      load: () => 0,
    });
    const prober = new Prober(bus, config.cluster.probe_ms);
    this.#closers.push(async () => {
      await membership.close();
      prober.close();
      await bus.close();
    });
    const context = { bus, membership, prober, config, log, metrics: this.metrics };
    this.#agent = await MixerAgent.create(context, {
      env: {},
      dataDir,
      findFfmpeg: () => Promise.resolve('/usr/bin/ffmpeg'),
      processFile,
      ...options,
    });
    this.#closers.push(() => this.#agent.close());
    this.#id = membership.id;
    this.#caller = new Caller(this.access.bus, servedContract);
    await membership.announce();
  }
}
