import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import type { MixSpec, MixState } from '../common/contract/mix.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { SourceEnd } from '../common/media/pipes/source.ts';
import type { RouterHold } from '../common/media/room-routers.ts';
import type { Logger } from '../common/observe/log.ts';
import { MixInputs } from './inputs/mix-inputs.ts';
import type { MixWords, ProcessMeasure, ProcessSpec, RtpPosition } from './mix/protocol.ts';
import { addressOf, connectMixTransport, createMixTransport } from './mix-transport.ts';
import { MixOutputs } from './outputs.ts';
import type { MixParts } from './parts.ts';
import { ProcessLine } from './process/process-line.ts';

export interface MixMediaOptions {
  parts: MixParts;
  room: RoomId;
  worker: MediaWorker;
  spec: MixSpec;
  log: Logger;
}

interface MixMediaEvents {
  /** It cannot go on: the worker is gone, or no process keeps running. */
  failed: [];
  measure: [ProcessMeasure];
  /** A process took the place of one that died. */
  restarted: [];
}

/** All that carries a mix: inputs and outputs on the router of the room, one plain transport, and the process behind it. */
export class MixMedia extends EventEmitter<MixMediaEvents> {
  readonly #hold: RouterHold;
  readonly #transport: types.PlainTransport;
  readonly #inputs: MixInputs;
  readonly #outputs: MixOutputs;
  readonly #line: ProcessLine<MixWords>;
  /** Where the outputs have got to: another process goes on after it. */
  #positions: RtpPosition[] = [];
  #spec: MixSpec;
  /** Of what the process was told. */
  #revision = 0;
  #telling = false;
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, room, spec, log }: MixMediaOptions,
    engine: { hold: RouterHold; transport: types.PlainTransport; ffmpeg: string },
  ) {
    super();
    this.#spec = spec;
    this.#hold = engine.hold;
    this.#transport = engine.transport;
    const place = { router: engine.hold.router, transport: engine.transport };
    const onChange = () => {
      this.#tellSoon();
    };
    this.#inputs = new MixInputs({ parts, place, names: { room, view: spec.view }, onChange });
    this.#outputs = new MixOutputs({ parts, place, stream: spec.stream, onChange });
    const { hold_ms: holdMs, min_delay_ms: minMs, max_delay_ms: maxMs } = parts.config;
    const delay = { minMs, maxMs };
    this.#line = new ProcessLine({
      pool: parts.processes,
      start: (place) => ({
        ...place,
        router: addressOf(engine.transport),
        ffmpeg: engine.ffmpeg,
        holdMs,
        delay,
        positions: this.#positions,
      }),
      spec: this.#processSpec(),
      log,
    });
    this.#watch();
  }

  /**
   * Brings a mix up; resolves when its process runs and its outputs can be received. Inputs come when they come.
   * @throws PorticoError `unavailable` when there is no FFmpeg or no process runs, `worker_lost`
   */
  static async open(options: MixMediaOptions): Promise<MixMedia> {
    const { parts, room, worker, spec } = options;
    const ffmpeg = spec.video === undefined ? '' : await parts.ffmpeg();
    const hold = await parts.routers.acquire(room, worker);
    let media: MixMedia | undefined;
    try {
      const transport = await createMixTransport(hold.router);
      media = new MixMedia(options, { hold, transport, ffmpeg });
      await media.#begin();
      return media;
    } catch (error) {
      if (media === undefined) hold.release();
      await media?.close('source_interrupted');
      throw error;
    }
  }

  get restarts(): number {
    return this.#line.restarts;
  }

  /** Of the process that mixes at the moment. */
  get pid(): number | undefined {
    return this.#line.pid;
  }

  /** @throws PorticoError `worker_lost` */
  async set(spec: MixSpec): Promise<void> {
    this.#spec = spec;
    await this.#outputs.set(spec);
    this.#inputs.set(spec);
    this.#tellSoon();
  }

  state(spec: MixSpec): MixState {
    return { revision: spec.revision, ...this.#outputs.state(spec) };
  }

  /** Ends everything; resolves when the process is gone. */
  close(reason: SourceEnd): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: SourceEnd): Promise<void> {
    this.#outputs.end(reason);
    this.#inputs.close();
    const gone = this.#line.close();
    this.#transport.close();
    this.#hold.release();
    await gone;
  }

  async #begin(): Promise<void> {
    const { router } = this.#hold;
    const running = this.#running();
    // Whoever waits for it hears of it below; meanwhile it must not count as unhandled.
    running.catch(() => undefined);
    await this.set(this.#spec);
    await connectMixTransport(router, this.#transport, await running);
    this.#inputs.askKeyFrames();
  }

  /** The port of the first process that runs. */
  #running(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#line.once('started', resolve);
      this.once('failed', () => {
        reject(new PorticoError('unavailable', 'the process that mixes does not start'));
      });
    });
  }

  #watch(): void {
    this.#hold.router.once('closed', () => {
      this.#fail();
    });
    this.#line
      .on('started', () => {
        this.#inputs.askKeyFrames();
      })
      .on('news', (news) => {
        this.#hear(news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', () => {
        this.#fail();
      });
  }

  #hear(news: MixWords['news']): void {
    if (news.type === 'keyFrame') this.#inputs.askKeyFrame(news.ssrc);
    else if (news.type === 'measure') this.emit('measure', news.measure);
    else this.#positions = news.positions;
  }

  #fail(): void {
    if (this.#closing === undefined) this.emit('failed');
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

  #processSpec(): ProcessSpec {
    const { video, layout } = this.#spec;
    this.#revision += 1;
    return {
      revision: this.#revision,
      ...(video === undefined ? {} : { canvas: canvasOf(video) }),
      inputs: this.#inputs.feeds(),
      layout,
      outputs: this.#outputs.feeds(this.#spec),
    };
  }
}

function canvasOf({
  format: _,
  ...canvas
}: NonNullable<MixSpec['video']>): NonNullable<ProcessSpec['canvas']> {
  return canvas;
}
