import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import { SerialQueue } from '../../common/lifecycle/serial-queue.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { SourceEnd } from '../../common/media/pipes/source.ts';
import type { RouterHold } from '../../common/media/room-routers.ts';
import type { Logger } from '../../common/observe/log.ts';
import type {
  IngressProcessSpec,
  IngressProgress,
  IngressSource,
  IngressTracks,
  IngressWords,
} from '../ingress/protocol.ts';
import type { RtpPosition } from '../mix/protocol.ts';
import type { SentCodec } from '../mix/send/video-sender.ts';
import { addressOf, connectMixTransport, createMixTransport } from '../mix-transport.ts';
import { ProcessLine } from '../process/process-line.ts';
import { checkInput, type UrlRules } from '../streaming/url-policy.ts';
import { IngressProducers } from './ingress-producers.ts';
import type { IngressParts } from './parts.ts';

/** Best first: H.264 costs least to encode, and all that a room is recorded to or sent on as takes it as it is. */
const allCodecs: SentCodec[] = ['h264', 'vp8', 'vp9'];

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

/** All that carries a fetched stream: its producers on the router of the room, a plain transport, and the process behind it. */
export class IngressMedia extends EventEmitter<IngressMediaEvents> {
  readonly #hold: RouterHold;
  readonly #transport: types.PlainTransport;
  readonly #producers: IngressProducers;
  readonly #line: ProcessLine<IngressWords>;
  readonly #queue = new SerialQueue();
  readonly #rules: UrlRules;
  #source: IngressSource;
  #positions: RtpPosition[] = [];
  #revision = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    { parts, spec, log }: IngressMediaOptions,
    engine: { hold: RouterHold; transport: types.PlainTransport; ffmpeg: string; source: IngressSource },
  ) {
    super();
    const { hold, transport, ffmpeg, source } = engine;
    this.#rules = parts.streaming;
    this.#hold = hold;
    this.#transport = transport;
    this.#source = source;
    this.#producers = new IngressProducers({
      parts,
      place: { router: hold.router, transport },
      stream: spec.stream,
    });
    const { retry_ms: baseMs, max_retry_ms: maxMs, retry_for_ms: forMs, connect_ms } = parts.streaming;
    const retry = { baseMs, maxMs, forMs, connectMs: connect_ms };
    this.#line = new ProcessLine({
      pool: parts.ingressProcesses,
      start: (place) => ({
        ...place,
        router: addressOf(transport),
        ...{ ffmpeg, retry, positions: this.#positions },
      }),
      spec: this.#processSpec(),
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
    const hold = await parts.routers.acquire(room, worker);
    let media: IngressMedia | undefined;
    try {
      const transport = await createMixTransport(hold.router);
      media = new IngressMedia(options, { hold, transport, ffmpeg, source });
      const running = media.#running();
      await media.#producers.pause(spec.paused);
      await connectMixTransport(hold.router, transport, await running);
      return media;
    } catch (error) {
      if (media === undefined) hold.release();
      await media?.close('source_interrupted');
      throw error;
    }
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#line.pid;
  }

  /** @throws PorticoError `bad_request`, `worker_lost` */
  async set(spec: IngressSpec): Promise<void> {
    const source = await sourceOf(spec, this.#rules);
    await this.#producers.pause(spec.paused);
    this.#source = source;
    this.#line.apply(this.#processSpec());
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
    const gone = this.#line.close();
    this.#transport.close();
    this.#hold.release();
    await gone;
  }

  /** The port of the first process that runs. */
  async #running(): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#line.once('started', resolve);
      this.once('failed', () => {
        reject(new PorticoError('unavailable', 'the process that fetches the stream does not start'));
      });
    });
  }

  #watch(): void {
    const fail = (what: 'worker' | 'process') => {
      if (this.#closing === undefined) this.emit('failed', what);
    };
    this.#hold.router.once('closed', () => {
      fail('worker');
    });
    this.#line
      .on('news', (news) => {
        this.#hear(news);
      })
      .on('restarted', () => this.emit('restarted'))
      .on('failed', () => {
        fail('process');
      });
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
    this.#line.apply(this.#processSpec());
    this.emit('tracks');
  }

  #processSpec(): IngressProcessSpec {
    this.#revision += 1;
    return { revision: this.#revision, source: this.#source, outputs: this.#producers.feeds() };
  }
}

/** @throws PorticoError `bad_request` */
async function sourceOf(spec: IngressSpec, rules: UrlRules): Promise<IngressSource> {
  const { url, transportProtocol, bufferSize, loop, audio, video, codecs = allCodecs } = spec;
  const checked = await checkInput(url, rules);
  return { url, transportProtocol, bufferSize, loop, audio, video, codecs, ...checked };
}
