import { EventEmitter } from 'node:events';
import { createWorker } from 'mediasoup';
import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';
import { within } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';
import { mediaCodecs } from './codecs.ts';
import type { MediaAddress } from './listen-address.ts';
import { asMediaError } from './media-error.ts';
import type { MediaMetrics } from './media-metrics.ts';

/** Why a worker is no more. */
export type WorkerEnd = 'died' | 'hung' | 'closed';

export interface MediaWorkerOptions {
  /** Place in the pool, from 0; decides the port. */
  index: number;
  address: MediaAddress;
  /** UDP and TCP port of its clients; 0: any free ones. */
  port: number;
  logLevel: types.WorkerLogLevel;
  /** Deadline of each request, ms. */
  timeoutMs: number;
  log: Logger;
  metrics: MediaMetrics;
}

/** How often a worker is asked whether it still works, ms. */
const pingMs = 1_000;
/** Starting a process on a busy machine takes long, ms. */
const startMs = 15_000;

/** mediasoup stops its workers itself on these signals, before we could drain: its listeners are taken away again. */
function removeSignalListeners(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    for (const listener of process.listeners(signal)) {
      if (listener.name === 'onSignal') process.removeListener(signal, listener);
    }
  }
}

/** One mediasoup worker process with the server that all its client transports share. */
export class MediaWorker extends EventEmitter<{ ended: [WorkerEnd] }> {
  readonly index: number;
  readonly #options: MediaWorkerOptions;
  readonly #worker: types.Worker;
  readonly #log: Logger;
  #server: types.WebRtcServer | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #cpuMs = 0;
  #ended: WorkerEnd | undefined;

  private constructor(worker: types.Worker, options: MediaWorkerOptions) {
    super();
    this.setMaxListeners(0);
    this.index = options.index;
    this.#options = options;
    this.#worker = worker;
    this.#log = options.log.child({ worker: options.index, pid: worker.pid });
    worker.on('died', () => {
      this.#end('died');
    });
  }

  /**
   * Starts a worker process and its server.
   * @throws PorticoError `resource_exhausted` when its port is taken, `worker_lost` when it does not start
   */
  static async create(options: MediaWorkerOptions): Promise<MediaWorker> {
    const worker = await start(options.logLevel);
    const media = new MediaWorker(worker, options);
    try {
      await media.#listen();
    } catch (error) {
      await media.close();
      throw error;
    }
    options.metrics.workers.inc();
    media.#pinger = setInterval(() => void media.#ping(), pingMs);
    media.#log.info({ port: options.port }, 'media worker started');
    return media;
  }

  get pid(): number {
    return this.#worker.pid;
  }

  /** Set once the worker is gone. */
  get ended(): WorkerEnd | undefined {
    return this.#ended;
  }

  get webRtcServer(): types.WebRtcServer {
    if (this.#server === undefined) throw new PorticoError('worker_lost', 'the media worker has not started');
    return this.#server;
  }

  createRouter(): Promise<types.Router> {
    return this.run('createRouter', () => this.#worker.createRouter({ mediaCodecs: [...mediaCodecs] }));
  }

  /**
   * Every request to the worker goes through here: the engine itself would wait for ever for a hung one.
   * @throws PorticoError `worker_lost` when the worker is or gets lost, `rtp_invalid` for what the engine refuses
   */
  async run<T>(what: string, request: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) {
      throw new PorticoError('worker_lost', `the media worker was lost before ${what}`);
    }
    try {
      return await this.#answer(what, request());
    } catch (error) {
      throw asMediaError(error, what);
    }
  }

  /** Asks it to stop; resolves when the process is gone. */
  async close(): Promise<void> {
    const gone = this.#worker.subprocessClosed
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          this.#worker.once('subprocessclose', resolve);
        });
    this.#end('closed');
    try {
      await within(gone, this.#options.timeoutMs, () => new Error('still there'));
    } catch {
      this.#signal();
      await gone;
    }
  }

  /** Ends a worker that no longer answers. */
  kill(why: string): void {
    if (this.#ended !== undefined) return;
    this.#log.error({ why }, 'media worker hangs: killing it');
    this.#signal();
    this.#end('hung');
  }

  /**
   * Two steps, because a timer fires late when our own event loop was blocked, and the answer may be waiting to be
   * read: after a turn of the loop it would have arrived.
   */
  #answer<T>(what: string, answer: Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const late = () => {
        this.kill(`no answer to ${what}`);
        reject(new PorticoError('worker_lost', `the media worker did not answer to ${what}`));
      };
      let timer = setTimeout(() => {
        timer = setTimeout(late, Math.min(250, timeoutMs / 4));
      }, timeoutMs);
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer);
      });
    });
  }

  async #listen(): Promise<void> {
    const { address, port } = this.#options;
    try {
      this.#server = await this.run('createWebRtcServer', () =>
        this.#worker.createWebRtcServer({
          listenInfos: [
            { protocol: 'udp', ...address, port },
            { protocol: 'tcp', ...address, port },
          ],
        }),
      );
    } catch (error) {
      const { code, message } = PorticoError.from(error);
      if (code === 'worker_lost') throw error;
      const where = `${address.ip}:${port}`;
      throw new PorticoError('resource_exhausted', `media cannot listen on ${where}: ${message}`, {
        field: 'access.port',
      });
    }
  }

  async #ping(): Promise<void> {
    try {
      const usage = await this.run('ping', () => this.#worker.getResourceUsage());
      const cpuMs = usage.ru_utime + usage.ru_stime;
      this.#options.metrics.workerCpu.inc(Math.max(0, cpuMs - this.#cpuMs) / 1000);
      this.#cpuMs = cpuMs;
    } catch (error) {
      // Not even a request without parameters gets through: nothing else will.
      if (this.#ended === undefined) this.kill(`ping failed: ${PorticoError.from(error).message}`);
    }
  }

  #signal(): void {
    try {
      process.kill(this.#worker.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  #end(reason: WorkerEnd): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    if (this.#pinger !== undefined) {
      clearInterval(this.#pinger);
      this.#options.metrics.workers.dec();
    }
    if (reason !== 'closed') this.#options.metrics.workerDeaths.inc({ reason });
    this.#log[reason === 'closed' ? 'info' : 'error']({ reason }, 'media worker ended');
    this.#worker.close();
    this.emit('ended', reason);
  }
}

async function start(logLevel: types.WorkerLogLevel): Promise<types.Worker> {
  try {
    return await within(createWorker({ logLevel }), startMs, () => new Error('it did not start in time'));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new PorticoError('worker_lost', `the media worker does not start: ${text}`, {}, { cause: error });
  } finally {
    removeSignalListeners();
  }
}
