import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { RoomRouter } from '../../common/media/room-router.ts';
import type { RouterHold, RoomRouters } from '../../common/media/room-routers.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { EngineWords } from './engine-words.ts';
import { addressOf, connectLoopbackTransport, createLoopbackTransport } from './loopback-transport.ts';
import { ProcessLine, type ProcessPlace } from './process-line.ts';
import type { ProcessPool } from './process-pool.ts';

interface ProcessLinkEvents<W extends EngineWords> {
  /** A process runs and knows nothing of what came before. */
  started: [];
  news: [W['news']];
  /** A process took the place of one that died. */
  restarted: [];
  /** It cannot go on: the media worker is gone, or no process keeps running. */
  failed: ['worker' | 'process'];
}

export interface LinkedProcess<W extends EngineWords> {
  pool: ProcessPool<W>;
  /** What a process is started with; `router`: where it sends to. */
  start: (place: ProcessPlace<W> & { router: { ip: string; port: number } }) => W['start'];
  /** What it is to do now. */
  spec: (revision: number) => W['start']['spec'];
  /** For errors: the process that ... does not start. */
  does: string;
  log: Logger;
}

/** A process that carries media, and its way to the router of a room: one plain transport. */
export class ProcessLink<W extends EngineWords> extends EventEmitter<ProcessLinkEvents<W>> {
  readonly transport: types.PlainTransport;
  readonly #hold: RouterHold;
  #process: LinkedProcess<W> | undefined;
  #line: ProcessLine<W> | undefined;
  /** Of what the process was told. */
  #revision = 0;
  #telling = false;
  #closing: Promise<void> | undefined;

  private constructor(hold: RouterHold, transport: types.PlainTransport) {
    super();
    this.#hold = hold;
    this.transport = transport;
    hold.router.once('closed', () => {
      this.#fail('worker');
    });
  }

  /** @throws PorticoError `worker_lost` */
  static async open<W extends EngineWords>(
    routers: RoomRouters,
    { room, worker }: { room: RoomId; worker: MediaWorker },
  ): Promise<ProcessLink<W>> {
    const hold = await routers.acquire(room, worker);
    try {
      return new ProcessLink<W>(hold, await createLoopbackTransport(hold.router));
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  get router(): RoomRouter {
    return this.#hold.router;
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#line?.pid;
  }

  /** Times that a process took the place of another one. */
  get restarts(): number {
    return this.#line?.restarts ?? 0;
  }

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** Begins a process, once; see `connect`. */
  start(process: LinkedProcess<W>): void {
    this.#process = process;
    const { pool, start, log } = process;
    const router = addressOf(this.transport);
    this.#line = new ProcessLine({
      pool,
      start: (place) => start({ ...place, router }),
      spec: this.#spec(process),
      log,
    });
    this.#line
      .on('started', () => this.emit('started'))
      .on('news', (news) => this.emit('news', news))
      .on('restarted', () => this.emit('restarted'))
      .on('failed', () => {
        this.#fail('process');
      });
  }

  /**
   * Resolves when the process runs and media find it. To be called in the turn in which it was started.
   * @throws PorticoError `unavailable` when none runs, `worker_lost`
   */
  async connect(): Promise<void> {
    const port = await this.#running();
    await connectLoopbackTransport(this.router, this.transport, port);
  }

  /** Much changes at the same time; the process hears of it once. */
  tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      if (!this.closing && this.#process !== undefined) this.#line?.apply(this.#spec(this.#process));
    });
  }

  /** Lets the process take what is on its way to it; resolves when it is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#line?.close();
    this.transport.close();
    this.#hold.release();
  }

  /** The port of the first process that runs. */
  #running(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#line?.once('started', resolve);
      this.once('failed', () => {
        const does = this.#process?.does ?? 'runs';
        reject(new PorticoError('unavailable', `the process that ${does} does not start`));
      });
    });
  }

  #spec({ spec }: LinkedProcess<W>): W['start']['spec'] {
    this.#revision += 1;
    return spec(this.#revision);
  }

  #fail(what: 'worker' | 'process'): void {
    if (!this.closing) this.emit('failed', what);
  }
}
