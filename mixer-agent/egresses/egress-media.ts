import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressSpec } from '../../common/contract/egress.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { RouterHold } from '../../common/media/room-routers.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { EgressProcessSpec, EgressProcessTarget, EgressWords } from '../egress/protocol.ts';
import { addressOf, connectMixTransport, createMixTransport } from '../mix-transport.ts';
import type { AgentParts } from '../parts.ts';
import { ProcessLine } from '../process/process-line.ts';
import type { ProcessPool } from '../process/process-pool.ts';
import { EgressTracks } from './egress-tracks.ts';

export interface EgressMediaOptions {
  parts: AgentParts & { egressProcesses: ProcessPool<EgressWords> };
  worker: MediaWorker;
  spec: EgressSpec;
  target: EgressProcessTarget;
  log: Logger;
}

interface EgressMediaEvents {
  /** It cannot go on: the worker is gone, or no process keeps running. */
  failed: [];
  progress: [Extract<EgressWords['news'], { type: 'progress' }>['progress']];
  /** The process ends by itself, for good. */
  over: [Extract<EgressWords['news'], { type: 'over' }>];
  restarted: [];
}

/** All that carries a recording or live stream: its tracks on the router of the room, a plain transport, and the process behind it. */
export class EgressMedia extends EventEmitter<EgressMediaEvents> {
  readonly #hold: RouterHold;
  readonly #transport: types.PlainTransport;
  readonly #tracks: EgressTracks;
  readonly #line: ProcessLine<EgressWords>;
  #spec: EgressSpec;
  #revision = 0;
  #telling = false;
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, spec, target, log }: EgressMediaOptions,
    engine: { hold: RouterHold; transport: types.PlainTransport; ffmpeg: string },
  ) {
    super();
    this.#spec = spec;
    this.#hold = engine.hold;
    this.#transport = engine.transport;
    this.#tracks = new EgressTracks({
      parts,
      place: { router: engine.hold.router, transport: engine.transport },
      names: { room: spec.room, egress: spec.id },
      onChange: () => {
        this.#tellSoon();
      },
    });
    const { ffmpeg } = engine;
    const router = addressOf(engine.transport);
    this.#line = new ProcessLine({
      pool: parts.egressProcesses,
      start: (place) => ({ ...place, router, ffmpeg, target }),
      spec: this.#processSpec(),
      log,
    });
    this.#watch();
  }

  /**
   * Resolves when its process runs; media come when they come.
   * @throws PorticoError `unavailable` when there is no FFmpeg or no process runs, `worker_lost`
   */
  static async open(options: EgressMediaOptions): Promise<EgressMedia> {
    const { parts, spec, worker } = options;
    const ffmpeg = await parts.ffmpeg();
    const hold = await parts.routers.acquire(spec.room, worker);
    let media: EgressMedia | undefined;
    try {
      const transport = await createMixTransport(hold.router);
      media = new EgressMedia(options, { hold, transport, ffmpeg });
      await media.#begin();
      return media;
    } catch (error) {
      if (media === undefined) hold.release();
      await media?.close();
      throw error;
    }
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#line.pid;
  }

  set(spec: EgressSpec): void {
    this.#spec = spec;
    this.#tracks.set(spec);
    this.#tellSoon();
  }

  /** Lets it write what it has; resolves when the process is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // First the process: what is on its way to it is still written.
    await this.#line.close();
    this.#tracks.close();
    this.#transport.close();
    this.#hold.release();
  }

  async #begin(): Promise<void> {
    const running = this.#running();
    // Whoever waits for it hears of it below; meanwhile it must not count as unhandled.
    running.catch(() => undefined);
    this.set(this.#spec);
    await connectMixTransport(this.#hold.router, this.#transport, await running);
    this.#tracks.askKeyFrames();
  }

  /** The port of the first process that runs. */
  #running(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#line.once('started', resolve);
      this.once('failed', () => {
        reject(new PorticoError('unavailable', 'the process that records or sends does not start'));
      });
    });
  }

  #watch(): void {
    const fail = () => {
      if (this.#closing === undefined) this.emit('failed');
    };
    this.#hold.router.once('closed', fail);
    this.#line
      .on('started', () => {
        this.#tracks.askKeyFrames();
      })
      .on('news', (news) => {
        if (news.type === 'keyFrame') this.#tracks.askKeyFrame(news.ssrc);
        else if (news.type === 'progress') this.emit('progress', news.progress);
        else this.emit('over', news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', fail);
  }

  /** Much changes at the same time; the process hears of it once. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      if (this.#closing === undefined) this.#line.apply(this.#processSpec());
    });
  }

  #processSpec(): EgressProcessSpec {
    this.#revision += 1;
    const { keyFrameInterval } = this.#spec;
    return { revision: this.#revision, keyFrameInterval, ...this.#tracks.feeds() };
  }
}
