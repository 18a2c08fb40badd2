import { EventEmitter } from 'node:events';
import type { EgressSpec } from '../../common/contract/egress.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { EgressProcessSpec, EgressProcessTarget, EgressWords } from '../egress/protocol.ts';
import type { AgentParts } from '../parts.ts';
import { ProcessLink } from '../process/process-link.ts';
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

/** All that carries a recording or live stream: its tracks on the router of the room, and the process behind them. */
export class EgressMedia extends EventEmitter<EgressMediaEvents> {
  readonly #link: ProcessLink<EgressWords>;
  readonly #tracks: EgressTracks;
  #spec: EgressSpec;
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, spec, target, log }: EgressMediaOptions,
    { link, ffmpeg }: { link: ProcessLink<EgressWords>; ffmpeg: string },
  ) {
    super();
    this.#spec = spec;
    this.#link = link;
    this.#tracks = new EgressTracks({
      parts,
      place: link,
      names: { room: spec.room, egress: spec.id },
      onChange: () => {
        link.tellSoon();
      },
    });
    link.start({
      pool: parts.egressProcesses,
      start: (place) => ({ ...place, ffmpeg, target }),
      spec: (revision) => this.#processSpec(revision),
      does: 'records or sends',
      log,
    });
    this.#watch();
  }

  /**
   * Resolves when its process runs; media come when they come.
   * @throws PorticoError `unavailable` when there is no FFmpeg or no process runs, `worker_lost`
   */
  static async open(options: EgressMediaOptions): Promise<EgressMedia> {
    const { parts, spec } = options;
    const ffmpeg = await parts.ffmpeg();
    const link = await ProcessLink.open<EgressWords>(parts.routers, { ...options, room: spec.room });
    const media = new EgressMedia(options, { link, ffmpeg });
    try {
      await media.#begin();
      return media;
    } catch (error) {
      await media.close();
      throw error;
    }
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#link.pid;
  }

  set(spec: EgressSpec): void {
    this.#spec = spec;
    this.#tracks.set(spec);
    this.#link.tellSoon();
  }

  /** Lets it write what it has; resolves when the process is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#link.close();
    this.#tracks.close();
  }

  async #begin(): Promise<void> {
    const connected = this.#link.connect();
    this.set(this.#spec);
    await connected;
    this.#tracks.askKeyFrames();
  }

  #watch(): void {
    this.#link
      .on('started', () => {
        this.#tracks.askKeyFrames();
      })
      .on('news', (news) => {
        if (news.type === 'keyFrame') this.#tracks.askKeyFrame(news.ssrc);
        else if (news.type === 'progress') this.emit('progress', news.progress);
        else this.emit('over', news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', () => this.emit('failed'));
  }

  #processSpec(revision: number): EgressProcessSpec {
    const { keyFrameInterval } = this.#spec;
    return { revision, keyFrameInterval, ...this.#tracks.feeds() };
  }
}
