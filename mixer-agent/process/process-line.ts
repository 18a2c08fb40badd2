import { EventEmitter } from 'node:events';
import { pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { ProcessSpec, RtpPosition } from '../mix/protocol.ts';
import type { MixProcess, ProcessMeasure, StartCommand } from './mix-process.ts';
import type { ProcessPool } from './process-pool.ts';

/** A process that ran this long was healthy, ms. */
const healthyMs = 10_000;
/** Deaths in a row after which nothing more is tried; of one that never ran, sooner. */
const maxDeaths = 7;
const maxFirstDeaths = 3;
const maxPauseMs = 5_000;

interface ProcessLineEvents {
  /** A process runs; it listens there. */
  started: [port: number];
  keyFrame: [ssrc: number];
  measure: [ProcessMeasure];
  /** One that ran is gone, another one follows. */
  restarted: [];
  /** No process keeps running. */
  failed: [];
}

export interface ProcessLineOptions {
  pool: ProcessPool;
  /** What every process of the line is started with. */
  start: Pick<StartCommand, 'router' | 'ffmpeg' | 'holdMs' | 'delay'>;
  spec: ProcessSpec;
  log: Logger;
}

/** The process of a mix, and those that take its place when it dies: on the same port, going on where it was. */
export class ProcessLine extends EventEmitter<ProcessLineEvents> {
  readonly #options: ProcessLineOptions;
  readonly #closing = new AbortController();
  #spec: ProcessSpec;
  #process: MixProcess | undefined;
  #positions: RtpPosition[] = [];
  /** 0 until the first process has chosen one. */
  #port = 0;
  #runningSince: number | undefined;
  #deaths = 0;
  #restarts = 0;

  constructor(options: ProcessLineOptions) {
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

  apply(spec: ProcessSpec): void {
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
      log.info({ port, mixPid: process.pid }, 'mix process runs');
      this.emit('started', port);
    });
    process.on('keyFrame', (ssrc) => this.emit('keyFrame', ssrc));
    process.on('measure', (measure) => this.emit('measure', measure));
    process.on('progress', (positions) => {
      this.#positions = positions;
    });
    process.once('ended', () => void this.#ended());
    process.start(
      { type: 'start', port: this.#port, positions: this.#positions, spec: this.#spec, ...start },
      log,
    );
  }

  async #ended(): Promise<void> {
    this.#process = undefined;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const since = this.#runningSince;
    this.#runningSince = undefined;
    if (since !== undefined && performance.now() - since > healthyMs) this.#deaths = 0;
    this.#deaths += 1;
    if (this.#deaths >= (this.#port === 0 ? maxFirstDeaths : maxDeaths)) {
      this.#options.log.error({ deaths: this.#deaths }, 'mix process does not keep running');
      this.emit('failed');
      return;
    }
    this.#restarts += 1;
    if (since !== undefined) this.emit('restarted');
    if (this.#deaths > 1) await pause(Math.min(maxPauseMs, 100 * 2 ** (this.#deaths - 2)), signal);
    if (!signal.aborted) this.#launch();
  }
}
