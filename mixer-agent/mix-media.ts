import { EventEmitter } from 'node:events';
import type { RoomId } from '../common/contract/ids.ts';
import type { MixSpec, MixState } from '../common/contract/mix.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { SourceEnd } from '../common/media/pipes/source.ts';
import type { Logger } from '../common/observe/log.ts';
import { MixInputs } from './inputs/mix-inputs.ts';
import type { MixWords, ProcessMeasure, ProcessSpec, RtpPosition } from './mix/protocol.ts';
import { MixOutputs } from './outputs.ts';
import type { MixParts } from './parts.ts';
import { ProcessLink } from './process/process-link.ts';

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

/** All that carries a mix: inputs and outputs on the router of the room, and the process behind them. */
export class MixMedia extends EventEmitter<MixMediaEvents> {
  readonly #link: ProcessLink<MixWords>;
  readonly #inputs: MixInputs;
  readonly #outputs: MixOutputs;
  /** Where the outputs have got to: another process goes on after it. */
  #positions: RtpPosition[] = [];
  #spec: MixSpec;
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, room, spec, log }: MixMediaOptions,
    { link, ffmpeg }: { link: ProcessLink<MixWords>; ffmpeg: string },
  ) {
    super();
    this.#spec = spec;
    this.#link = link;
    const onChange = () => {
      link.tellSoon();
    };
    this.#inputs = new MixInputs({ parts, place: link, names: { room, view: spec.view }, onChange });
    this.#outputs = new MixOutputs({ parts, place: link, stream: spec.stream, onChange });
    const { hold_ms: holdMs, min_delay_ms: minMs, max_delay_ms: maxMs } = parts.config;
    const delay = { minMs, maxMs };
    link.start({
      pool: parts.processes,
      start: (place) => ({ ...place, ffmpeg, holdMs, delay, positions: this.#positions }),
      spec: (revision) => this.#processSpec(revision),
      does: 'mixes',
      log,
    });
    this.#watch();
  }

  /**
   * Brings a mix up; resolves when its process runs and its outputs can be received. Inputs come when they come.
   * @throws PorticoError `unavailable` when there is no FFmpeg or no process runs, `worker_lost`
   */
  static async open(options: MixMediaOptions): Promise<MixMedia> {
    const { parts, spec } = options;
    const ffmpeg = spec.video === undefined ? '' : await parts.ffmpeg();
    const link = await ProcessLink.open<MixWords>(parts.routers, options);
    const media = new MixMedia(options, { link, ffmpeg });
    try {
      await media.#begin();
      return media;
    } catch (error) {
      await media.close('source_interrupted');
      throw error;
    }
  }

  get restarts(): number {
    return this.#link.restarts;
  }

  /** Of the process that mixes at the moment. */
  get pid(): number | undefined {
    return this.#link.pid;
  }

  /** @throws PorticoError `worker_lost` */
  async set(spec: MixSpec): Promise<void> {
    this.#spec = spec;
    await this.#outputs.set(spec);
    this.#inputs.set(spec);
    this.#link.tellSoon();
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
    await this.#link.close();
  }

  async #begin(): Promise<void> {
    const connected = this.#link.connect();
    // Whoever waits for it hears of it below; meanwhile it must not count as unhandled.
    connected.catch(() => undefined);
    await this.set(this.#spec);
    await connected;
    this.#inputs.askKeyFrames();
  }

  #watch(): void {
    this.#link
      .on('started', () => {
        this.#inputs.askKeyFrames();
      })
      .on('news', (news) => {
        this.#hear(news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', () => this.emit('failed'));
  }

  #hear(news: MixWords['news']): void {
    if (news.type === 'keyFrame') this.#inputs.askKeyFrame(news.ssrc);
    else if (news.type === 'measure') this.emit('measure', news.measure);
    else this.#positions = news.positions;
  }

  #processSpec(revision: number): ProcessSpec {
    const { video, layout } = this.#spec;
    return {
      revision,
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
