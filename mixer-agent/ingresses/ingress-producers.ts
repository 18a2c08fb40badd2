import { randomInt, randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import { PorticoError } from '../../common/contract/errors.ts';
import { ProducerId, TrackId, type StreamId } from '../../common/contract/ids.ts';
import type { IngressSpec } from '../../common/contract/ingress.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { PublishedTrack } from '../../common/contract/published-track.ts';
import { formatOf, routerRtpCapabilities } from '../../common/media/codecs.ts';
import { msidOf } from '../../common/media/msid.ts';
import { LayerWishes } from '../../common/media/pipes/layer-wishes.ts';
import { Source, type SourceEnd } from '../../common/media/pipes/source.ts';
import type { IngressProcessSpec, IngressTracks } from '../ingress/protocol.ts';
import type { FeedPlace } from '../inputs/feeding.ts';
import type { SentCodec } from '../mix/send/video-sender.ts';
import { audioParameters, videoParameters } from '../output-parameters.ts';
import type { AgentParts } from '../parts.ts';

/** The engine numbers what it sends from 10^8 to 10^9; here nothing else may have the same SSRC. */
const ssrcs = [1_000_000_000, 0xffffffff] as const;
/** Everybody who joins asks for a key frame, ms. */
const keyFrameRequestDelay = 500;

interface Track {
  readonly kind: Kind;
  readonly codec: 'opus' | SentCodec;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly source: Source;
}

export interface IngressProducersOptions {
  parts: Pick<AgentParts, 'published'>;
  place: FeedPlace;
  stream: StreamId;
}

/** What a fetched stream is in its room: a producer for each track that the source has shown, which stays while the source is away. */
export class IngressProducers {
  readonly #options: IngressProducersOptions;
  readonly #tracks = new Map<Kind, Track>();
  #seen: IngressTracks = {};
  #paused: IngressSpec['paused'] = { audio: false, video: false };

  constructor(options: IngressProducersOptions) {
    this.#options = options;
  }

  /** Which of its tracks the source has as they are, and which are encoded here. */
  get transcoded(): { audio: boolean; video: boolean } {
    const { audio, video } = this.#seen;
    return { audio: audio?.transcoded ?? false, video: video?.transcoded ?? false };
  }

  /**
   * The source has these tracks. Another codec is another producer.
   * @throws PorticoError `worker_lost`
   */
  async set(seen: IngressTracks): Promise<void> {
    this.#seen = { ...this.#seen, ...seen };
    if (seen.audio !== undefined) await this.#keep('audio', 'opus');
    if (seen.video !== undefined) await this.#keep('video', seen.video.codec);
  }

  /** @throws PorticoError `worker_lost` */
  async pause(paused: IngressSpec['paused']): Promise<void> {
    this.#paused = paused;
    for (const track of this.#tracks.values()) await this.#pause(track);
  }

  /** What the process has to send. */
  feeds(): IngressProcessSpec['outputs'] {
    const feed = ({ ssrc, payloadType }: Track) => ({ ssrc, payloadType });
    const [audio, video] = [this.#tracks.get('audio'), this.#tracks.get('video')];
    return {
      ...(audio === undefined ? {} : { audio: feed(audio) }),
      ...(video === undefined ? {} : { video: { ...feed(video), codec: video.codec as SentCodec } }),
    };
  }

  /** As the owner of the room hears it. */
  tracks(): PublishedTrack[] {
    const { resolution, framerate } = this.#seen.video ?? {};
    const parameters = {
      ...(resolution === undefined ? {} : { resolution }),
      ...(framerate === undefined ? {} : { framerate }),
    };
    return [...this.#tracks.values()]
      .toSorted((one, other) => one.kind.localeCompare(other.kind))
      .map(({ kind, source: { producer } }) => ({
        id: this.#idOf(kind),
        type: kind,
        paused: this.#paused[kind],
        producer: ProducerId.parse(producer.id),
        router: this.#options.place.router.id,
        format: formatOf(producer.rtpParameters),
        ...(kind === 'video' ? { parameters } : {}),
      }));
  }

  end(reason: SourceEnd): void {
    for (const track of this.#tracks.values()) end(track, reason);
    this.#tracks.clear();
  }

  #idOf(kind: Kind): TrackId {
    return TrackId.parse(`${this.#options.stream}-${kind === 'audio' ? 0 : 1}`);
  }

  async #keep(kind: Kind, codec: Track['codec']): Promise<void> {
    const known = this.#tracks.get(kind);
    if (known?.codec === codec) return;
    if (known !== undefined) end(known, 'source_interrupted');
    this.#tracks.delete(kind);
    const track = await this.#make(kind, codec);
    this.#tracks.set(kind, track);
    await this.#pause(track);
  }

  async #make(kind: Kind, codec: Track['codec']): Promise<Track> {
    const { place, parts, stream } = this.#options;
    const { router, transport } = place;
    const id = ProducerId.parse(randomUUID());
    const ssrc = this.#freeSsrc();
    const payloadType = payloadTypeOf(codec);
    const parameters =
      codec === 'opus'
        ? audioParameters(ssrc, payloadType, stream)
        : videoParameters(codec, ssrc, payloadType, stream);
    const rtpParameters = { ...parameters, msid: msidOf(stream, this.#idOf(kind)) };
    const producer = await router.worker.run('produce', () =>
      transport.produce({ id, kind, rtpParameters, keyFrameRequestDelay }),
    );
    if (producer.closed)
      throw new PorticoError('worker_lost', 'the media worker was lost while it took a stream');
    const source = new Source(producer, new LayerWishes());
    const { published } = parts;
    published.set(id, { source, router });
    producer.observer.once('close', () => {
      published.delete(id);
      // Closed by us it has a reason already.
      source.end('source_interrupted');
    });
    return { kind, codec, ssrc, payloadType, source };
  }

  async #pause({ kind, source: { producer } }: Track): Promise<void> {
    const { worker } = this.#options.place.router;
    const wanted = this.#paused[kind];
    if (producer.closed || producer.paused === wanted) return;
    await worker.run('pauseProducer', () => (wanted ? producer.pause() : producer.resume()));
  }

  #freeSsrc(): number {
    const taken = new Set([...this.#tracks.values()].map(({ ssrc }) => ssrc));
    for (;;) {
      const ssrc = randomInt(...ssrcs);
      if (!taken.has(ssrc)) return ssrc;
    }
  }
}

function end({ source }: Track, reason: SourceEnd): void {
  source.end(reason);
  source.producer.close();
}

const payloadTypeOf = (codec: Track['codec']): number => {
  const found: types.RtpCodecCapability | undefined = routerRtpCapabilities.codecs?.find(({ mimeType }) =>
    mimeType.toLowerCase().endsWith(`/${codec}`),
  );
  return found?.preferredPayloadType ?? 0;
};
