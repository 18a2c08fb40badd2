import { EventEmitter } from 'node:events';
import { pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { EngineProcess } from './engine-process.ts';
import type { EngineWords } from './engine-words.ts';
import type { ProcessPool } from './process-pool.ts';

/** For each of so long that a process ran a death is forgiven: one that works is replaced at once, however often it is killed, ms. */
const forgivenMs = 1_500;
/** Deaths that are not forgiven after which nothing more is tried; of one that never ran, sooner. */
const maxDeaths = 7;
const maxFirstDeaths = 3;
const maxPauseMs = 5_000;

interface ProcessLineEvents<W extends EngineWords> {
  /** A process runs; it listens there. */
  started: [port: number];
  news: [W['news']];
  /** One that ran is gone, another one follows. */
  restarted: [];
  /** No process keeps running. */
  failed: [];
}

/** Where a process takes the place of the one before it. */
export type ProcessPlace<W extends EngineWords> = Pick<W['start'], 'type' | 'port' | 'spec'>;

export interface ProcessLineOptions<W extends EngineWords> {
  pool: ProcessPool<W>;
  /** What the next process of the line is started with. */
  start: (place: ProcessPlace<W>) => W['start'];
  spec: W['start']['spec'];
  log: Logger;
}

/** A process, and those that take its place when it dies: on the same port. */
export class ProcessLine<W extends EngineWords> extends EventEmitter<ProcessLineEvents<W>> {
  readonly #options: ProcessLineOptions<W>;
  readonly #closing = new AbortController();
  #spec: W['start']['spec'];
  #process: EngineProcess<W> | undefined;
  /** 0 until the first process has chosen one. */
  #port = 0;
  #runningSince: number | undefined;
  #deaths = 0;
  #restarts = 0;

  constructor(options: ProcessLineOptions<W>) {
    super();
    this.#options = options;
    this.#spec = options.spec;
    this.#launch();
  }

  /** Times that a process took the place of another one. */
  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  apply(spec: W['start']['spec']): void {
    this.#spec = spec;
    this.#process?.apply(spec);
  }

  /** Resolves when its process is gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#process?.close();
  }

  #launch(): void {
    const { pool, start, log } = this.#options;
    const process = pool.take();
    this.#process = process;
    process.once('started', (port) => {
      this.#port = port;
      this.#runningSince = performance.now();
      log.info({ port, enginePid: process.pid }, 'process runs');
      this.emit('started', port);
    });
    process.on('news', (news) => this.emit('news', news));
    process.once('ended', () => void this.#ended());
    process.start(start({ type: 'start', port: this.#port, spec: this.#spec }), log);
  }

  async #ended(): Promise<void> {
    this.#process = undefined;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const since = this.#runningSince;
    this.#runningSince = undefined;
    const ranMs = since === undefined ? 0 : performance.now() - since;
    this.#deaths = Math.max(0, this.#deaths - ranMs / forgivenMs) + 1;
    if (this.#deaths >= (this.#port === 0 ? maxFirstDeaths : maxDeaths)) {
      this.#options.log.error({ deaths: this.#deaths }, 'process does not keep running');
      this.emit('failed');
      return;
    }
    this.#restarts += 1;
    if (since !== undefined) this.emit('restarted');
    if (this.#deaths > 1) await pause(Math.min(maxPauseMs, 100 * 2 ** (this.#deaths - 2)), signal);
    if (!signal.aborted) this.#launch();
  }
}
