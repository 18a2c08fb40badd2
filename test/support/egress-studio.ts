import { EventEmitter } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import { mediaCodecs } from '../../common/media/codecs.ts';
import type {
  EgressNews,
  EgressProcessSpec,
  EgressProcessTarget,
  EgressProgress,
  EgressWords,
} from '../../mixer-agent/egress/protocol.ts';
import type { VideoCodec } from '../../mixer-agent/mix/media.ts';
import { EngineChild } from './engine-child.ts';
import { ClipPlayer, type PlayerOptions } from './clip-player.ts';

const engine = { name: 'egress', file: new URL('../../mixer-agent/egress/main.ts', import.meta.url) };

interface StudioEvents {
  progress: [EgressProgress];
  over: [Extract<EgressNews, { type: 'over' }>];
  keyFrame: [ssrc: number];
}

/** What a track shows; undefined: its publisher is away. */
export interface StudioTrack {
  track: string;
  producer?: types.Producer;
  silent?: boolean;
}

/**
 * An egress process with a real router around it and nothing else. What the agent does in a cluster a test does here by
 * hand.
 */
export class EgressStudio extends EventEmitter<StudioEvents> {
  readonly router: types.Router;
  readonly #worker: types.Worker | undefined;
  readonly #players: ClipPlayer[] = [];
  readonly #consumers = new Map<types.Producer, types.Consumer>();
  #transport: types.PlainTransport | undefined;
  #process: EngineChild<EgressWords> | undefined;
  #port = 0;
  #revision = 0;
  #spec: EgressProcessSpec = { revision: 0, keyFrameInterval: 5 };
  newest: EgressProgress | undefined;

  /** @param router of somebody else; otherwise it has one of its own */
  static async create(shared?: types.Router): Promise<EgressStudio> {
    if (shared !== undefined) return new EgressStudio(undefined, shared);
    const worker = await createWorker({ logLevel: 'error' });
    const router = await worker.createRouter({ mediaCodecs: structuredClone([...mediaCodecs]) });
    return new EgressStudio(worker, router);
  }

  private constructor(worker: types.Worker | undefined, router: types.Router) {
    super();
    this.#worker = worker;
    this.router = router;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async player(options: PlayerOptions): Promise<ClipPlayer> {
    const player = await ClipPlayer.create(this.router, options);
    this.#players.push(player);
    return player;
  }

  /** Starts a process, the first time or again. */
  async start(target: EgressProcessTarget): Promise<void> {
    this.#transport ??= await this.router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
    // What one before it said is no word of this one.
    this.newest = undefined;
    const child = new EngineChild<EgressWords>(engine, (news) => {
      this.#hear(news);
    });
    this.#process = child;
    await child.idle();
    const { localAddress: ip, localPort: port } = this.#transport.tuple;
    const spec = this.#spec;
    const taken = await child.start({
      ...{ type: 'start', port: this.#port, router: { ip, port }, ffmpeg: 'ffmpeg', target, spec },
    });
    if (this.#port === 0) await this.#transport.connect({ ip: '127.0.0.1', port: taken });
    this.#port = taken;
    for (const consumer of this.#consumers.values()) {
      if (!consumer.closed) await consumer.requestKeyFrame();
    }
  }

  /** What is recorded or sent from now on. */
  async show(
    tracks: { audio?: StudioTrack; video?: StudioTrack },
    more: Partial<Pick<EgressProcessSpec, 'keyFrameInterval'>> & {
      encode?: { audio?: object; video?: object };
    } = {},
  ): Promise<void> {
    this.#transport ??= await this.router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
    const { encode, ...rest } = more;
    const audio = tracks.audio && { ...(await this.#feed(tracks.audio)), ...wish(encode?.audio) };
    const video = tracks.video && { ...(await this.#feed(tracks.video)), ...wish(encode?.video) };
    this.#revision += 1;
    this.#spec = {
      ...{ revision: this.#revision, keyFrameInterval: 5 },
      ...rest,
      ...(audio === undefined ? {} : { audio }),
      ...(video === undefined ? {} : { video }),
    } as EgressProcessSpec;
    this.#process?.tell({ type: 'apply', spec: this.#spec });
  }

  /** Ends the process in good order. */
  async finish(): Promise<void> {
    await this.#process?.close();
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** As the death of its agent would. */
  async desert(): Promise<void> {
    await this.#process?.desert();
  }

  async close(): Promise<void> {
    await this.kill();
    for (const player of this.#players) player.close();
    this.#worker?.close();
  }

  async #feed({ track, producer, silent = false }: StudioTrack): Promise<object> {
    if (producer === undefined) return { track, silent };
    let consumer = this.#consumers.get(producer);
    consumer ??= await this.#transport?.consume({
      producerId: producer.id,
      rtpCapabilities: plainCapabilities(this.router),
    });
    if (consumer === undefined) throw new Error('no transport');
    this.#consumers.set(producer, consumer);
    const [codec] = consumer.rtpParameters.codecs;
    return {
      ...{ track, silent },
      feed: {
        ssrc: consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0,
        payloadType: codec?.payloadType ?? 0,
        codec: codec?.mimeType.split('/')[1]?.toLowerCase() as VideoCodec | 'opus',
        paused: false,
      },
    };
  }

  #hear(news: EgressNews): void {
    if (news.type === 'progress') {
      this.newest = news.progress;
      this.emit('progress', news.progress);
    } else if (news.type === 'over') this.emit('over', news);
    else {
      this.emit('keyFrame', news.ssrc);
      for (const consumer of this.#consumers.values()) {
        if (consumer.rtpParameters.encodings?.[0]?.ssrc !== news.ssrc) continue;
        consumer.requestKeyFrame().catch(() => undefined);
      }
    }
  }
}

const wish = (encode: object | undefined): object => (encode === undefined ? {} : { encode });

/** What a plain receiver takes: no retransmission, no extensions. */
function plainCapabilities(router: types.Router): types.RtpCapabilities {
  const codecs = router.rtpCapabilities.codecs?.filter(({ mimeType }) => !mimeType.endsWith('/rtx')) ?? [];
  return { codecs: codecs.map((codec) => ({ ...codec, rtcpFeedback: [] })), headerExtensions: [] };
}
