import { EventEmitter } from 'node:events';
import type { RoomId } from '../../common/contract/ids.ts';
import { ingressCodecs, type IngressSpec, type IngressState } from '../../common/contract/ingress.ts';
import { SerialQueue } from '../../common/lifecycle/serial-queue.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { SourceEnd } from '../../common/media/pipes/source.ts';
import type { Logger } from '../../common/observe/log.ts';
import type {
  IngressProcessSpec,
  IngressProgress,
  IngressSource,
  IngressTracks,
  IngressWords,
} from '../ingress/protocol.ts';
import type { RtpPosition } from '../mix/protocol.ts';
import { ProcessLink } from '../process/process-link.ts';
import { checkInput, type UrlRules } from '../streaming/url-policy.ts';
import { IngressProducers } from './ingress-producers.ts';
import type { IngressParts } from './parts.ts';

export interface IngressMediaOptions {
  parts: IngressParts;
  room: RoomId;
  worker: MediaWorker;
  spec: IngressSpec;
  log: Logger;
}

interface IngressMediaEvents {
  /** It cannot go on: the media worker is gone, or no process keeps running. */
  failed: ['worker' | 'process'];
  progress: [IngressProgress];
  /** Its tracks are others. */
  tracks: [];
  restarted: [];
}

/** All that carries a fetched stream: its producers on the router of the room, and the process behind them. */
export class IngressMedia extends EventEmitter<IngressMediaEvents> {
  readonly #link: ProcessLink<IngressWords>;
  readonly #producers: IngressProducers;
  readonly #queue = new SerialQueue();
  readonly #rules: UrlRules;
  #source: IngressSource;
  #positions: RtpPosition[] = [];
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, spec, log }: IngressMediaOptions,
    { link, ffmpeg, source }: { link: ProcessLink<IngressWords>; ffmpeg: string; source: IngressSource },
  ) {
    super();
    this.#rules = parts.streaming;
    this.#link = link;
    this.#source = source;
    this.#producers = new IngressProducers({ parts, place: link, stream: spec.stream });
    const { retry_ms: baseMs, max_retry_ms: maxMs, retry_for_ms: forMs, connect_ms } = parts.streaming;
    const retry = { baseMs, maxMs, forMs, connectMs: connect_ms };
    link.start({
      pool: parts.ingressProcesses,
      start: (place) => ({ ...place, ffmpeg, retry, positions: this.#positions }),
      spec: (revision) => this.#processSpec(revision),
      does: 'fetches the stream',
      log,
    });
    this.#watch();
  }

  /**
   * Resolves when its process runs; media come when they come.
   * @throws PorticoError `bad_request` for a URL that is not allowed, `unavailable` when there is no FFmpeg or no process
   * runs, `worker_lost`
   */
  static async open(options: IngressMediaOptions): Promise<IngressMedia> {
    const { parts, spec, worker, room } = options;
    const source = await sourceOf(spec, parts.streaming);
    const ffmpeg = await parts.ffmpeg();
    const link = await ProcessLink.open<IngressWords>(parts.routers, { room, worker });
    const media = new IngressMedia(options, { link, ffmpeg, source });
    try {
      const connected = link.connect();
      connected.catch(() => undefined);
      await media.#producers.pause(spec.paused);
      await connected;
      return media;
    } catch (error) {
      await media.close('source_interrupted');
      throw error;
    }
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#link.pid;
  }

  /** @throws PorticoError `bad_request`, `worker_lost` */
  async set(spec: IngressSpec): Promise<void> {
    const source = await sourceOf(spec, this.#rules);
    await this.#producers.pause(spec.paused);
    this.#source = source;
    this.#link.tellSoon();
  }

  state(): Pick<IngressState, 'tracks' | 'transcoded'> {
    return { tracks: this.#producers.tracks(), transcoded: this.#producers.transcoded };
  }

  /** Resolves when the process is gone. */
  close(reason: SourceEnd): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: SourceEnd): Promise<void> {
    this.#producers.end(reason);
    await this.#link.close();
  }

  #watch(): void {
    this.#link
      .on('news', (news) => {
        this.#hear(news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', (what) => this.emit('failed', what));
  }

  #hear(news: IngressWords['news']): void {
    if (news.type === 'progress') this.#positions = news.positions;
    else if (news.type === 'state') this.emit('progress', news.progress);
    else void this.#queue.run(() => this.#publish(news.tracks));
  }

  async #publish(tracks: IngressTracks): Promise<void> {
    if (this.#closing !== undefined) return;
    try {
      await this.#producers.set(tracks);
    } catch {
      // The worker is gone, or hangs and is ended: told by its router.
      return;
    }
    if (this.#closing !== undefined) {
      this.#producers.end('source_interrupted');
      return;
    }
    this.#link.tellSoon();
    this.emit('tracks');
  }

  #processSpec(revision: number): IngressProcessSpec {
    return { revision, source: this.#source, outputs: this.#producers.feeds() };
  }
}

/** @throws PorticoError `bad_request` */
async function sourceOf(spec: IngressSpec, rules: UrlRules): Promise<IngressSource> {
  const { url, transportProtocol, bufferSize, loop, audio, video, codecs = [...ingressCodecs] } = spec;
  const checked = await checkInput(url, rules);
  return { url, transportProtocol, bufferSize, loop, audio, video, codecs, ...checked };
}
