import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';
import { backoff, pause } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';
import type { MediaAddress } from './listen-address.ts';
import type { MediaMetrics } from './media-metrics.ts';
import { MediaWorker, type WorkerEnd } from './media-worker.ts';

export interface WorkerPoolOptions {
  /** Number of workers; 0: one per core. */
  count: number;
  address: MediaAddress;
  /** UDP and TCP port of the first worker, the next ones follow; 0: any free ones. */
  port: number;
  logLevel: types.WorkerLogLevel;
  /** Deadline of each request to a worker, ms. */
  timeoutMs: number;
  log: Logger;
  metrics: MediaMetrics;
}

interface PoolEvents {
  /** A worker is gone, and all that was on it; another one will take its place and port. */
  ended: [MediaWorker, WorkerEnd];
  started: [MediaWorker];
}

/** The mediasoup workers of this process. One that ends is replaced for as long as the pool is open. */
export class WorkerPool extends EventEmitter<PoolEvents> {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, MediaWorker>();
  readonly #closing = new AbortController();
  readonly #replacing = new Set<Promise<void>>();

  private constructor(options: WorkerPoolOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
  }

  /**
   * Starts all workers, or none.
   * @throws PorticoError `resource_exhausted` when a port is taken, `worker_lost` when a worker does not start
   */
  static async create(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const count = options.count === 0 ? availableParallelism() : options.count;
    const started = await Promise.allSettled(Array.from({ length: count }, (_, index) => pool.#start(index)));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await pool.close();
      throw failed.reason;
    }
    return pool;
  }

  /** Those that work, in the order of their ports. */
  get workers(): MediaWorker[] {
    return [...this.#workers.values()].sort((a, b) => a.index - b.index);
  }

  /**
   * As `workers`, but waits a moment for a replacement while there is none.
   * @throws PorticoError `resource_exhausted`
   */
  async available(waitMs: number): Promise<MediaWorker[]> {
    if (this.#workers.size === 0) await this.#nextStart(waitMs);
    if (this.#workers.size === 0) {
      throw new PorticoError('resource_exhausted', 'no media worker runs right now', { retryAfterMs: 1_000 });
    }
    return this.workers;
  }

  /** Stops all workers; resolves when their processes are gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#replacing]);
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
  }

  async #start(index: number): Promise<void> {
    const { port, ...options } = this.#options;
    const worker = await MediaWorker.create({ ...options, index, port: port === 0 ? 0 : port + index });
    if (this.#closing.signal.aborted) {
      await worker.close();
      return;
    }
    this.#workers.set(index, worker);
    worker.once('ended', (reason) => {
      this.#workers.delete(index);
      this.emit('ended', worker, reason);
      if (!this.#closing.signal.aborted) this.#replace(index);
    });
    this.emit('started', worker);
  }

  #replace(index: number): void {
    const replacing = this.#retry(index).finally(() => {
      this.#replacing.delete(replacing);
    });
    this.#replacing.add(replacing);
  }

  /** The dead worker's port may still be held for a moment. */
  async #retry(index: number): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#start(index);
        return;
      } catch (error) {
        if (attempt > 5)
          this.#options.log.error({ err: error, worker: index }, 'media worker not replaced yet');
        await pause(20 + backoff(attempt, { baseMs: 50, maxMs: 5_000 }), signal);
      }
    }
  }

  #nextStart(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.off('started', done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.on('started', done);
    });
  }
}
