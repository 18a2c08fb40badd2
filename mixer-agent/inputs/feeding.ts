import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Kind, VideoParameters } from '../../common/contract/media.ts';
import type { Origin } from '../../common/contract/origin.ts';
import { layersOfMode } from '../../common/media/codecs.ts';
import type { Layers } from '../../common/media/layers.ts';
import type { SourceEnd, SourceLease } from '../../common/media/pipes/source.ts';
import type { RoomRouter } from '../../common/media/room-router.ts';
import type { AgentParts } from '../parts.ts';
import { feedCapabilities, feedCodecOf, type FeedCodec } from './feed-codecs.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { layersForTile, type Tile } from './tile-layers.ts';

/** Where the packets go. */
export interface FeedPlace {
  readonly router: RoomRouter;
  readonly transport: types.PlainTransport;
}

export interface FeedingOptions {
  parts: AgentParts;
  place: FeedPlace;
  kind: Kind;
  origin: Origin;
  /** It was paused or resumed. */
  onChange: () => void;
}

/** How it should flow. */
export interface Course {
  readonly flowing: boolean;
  readonly tile: Tile | undefined;
  /** As announced by its publisher. */
  readonly source: VideoParameters | undefined;
}

/** A producer of the room whose packets go to a mix process, as long as they are wanted. */
export class Feeding extends EventEmitter<{ ended: [SourceEnd] }> {
  readonly codec: FeedCodec;
  readonly #options: FeedingOptions;
  readonly #consumer: types.Consumer;
  readonly #lease: SourceLease;
  readonly #keyFrames = new KeyFrameRequests(() => {
    this.#requestKeyFrame();
  });
  #course: Course = { flowing: false, tile: undefined, source: undefined };
  /** What the consumer does by now. */
  #flowing = false;
  #layers: Layers | undefined;
  #steering = false;
  #closed = false;

  private constructor(
    options: FeedingOptions,
    { consumer, lease, codec }: { consumer: types.Consumer; lease: SourceLease; codec: FeedCodec },
  ) {
    super();
    this.#options = options;
    this.#consumer = consumer;
    this.#lease = lease;
    this.codec = codec;
    options.parts.fetched.inc({ kind: options.kind });
    lease.source.once('ended', this.#onEnded).on('refresh', this.#onRefresh);
    for (const event of ['producerpause', 'producerresume'] as const) consumer.on(event, options.onChange);
    consumer.observer.once('close', () => {
      // Its transport or worker is gone.
      if (!this.#closed) this.#onEnded('source_interrupted');
    });
  }

  /** Fetches it, paused. @throws PorticoError what pipes and consuming throw */
  static async begin(options: FeedingOptions): Promise<Feeding> {
    const { parts, place, origin } = options;
    const lease = await parts.sources.acquire(place.router.room, origin, place.router);
    try {
      const consumer = await consume(place, lease.source.producer);
      const codec = feedCodecOf(consumer);
      if (codec === undefined) {
        consumer.close();
        throw new PorticoError('codec_unsupported', `producer '${origin.producer}' cannot be decoded`);
      }
      return new Feeding(options, { consumer, lease, codec });
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  get ended(): boolean {
    return this.#closed || this.#consumer.closed || this.#lease.source.ended !== undefined;
  }

  /** Whether nothing comes at the moment. */
  get paused(): boolean {
    return !this.#flowing || this.#consumer.producerPaused;
  }

  steer(course: Course): void {
    this.#course = course;
    this.#wish();
    if (!this.#steering) void this.#followCourse();
  }

  /** A picture cannot be decoded without one. */
  askKeyFrame(): void {
    if (this.#options.kind === 'video' && this.#flowing) this.#keyFrames.ask();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { parts, kind } = this.#options;
    parts.fetched.dec({ kind });
    const { source } = this.#lease;
    source.off('ended', this.#onEnded).off('refresh', this.#onRefresh);
    source.wishes.delete(this.#consumer.id);
    this.#keyFrames.close();
    this.#consumer.close();
    this.#lease.release();
  }

  readonly #onEnded = (reason: SourceEnd) => {
    if (this.#closed) return;
    this.close();
    this.emit('ended', reason);
  };

  readonly #onRefresh = () => {
    this.askKeyFrame();
  };

  /** One request at a time; what is wanted may change meanwhile. */
  async #followCourse(): Promise<void> {
    this.#steering = true;
    try {
      while (!this.#closed && (await this.#step())) continue;
    } catch (error) {
      // The worker is gone and takes all of this with it, or will be.
      this.#options.parts.log.debug({ err: error }, 'input not steered');
    } finally {
      this.#steering = false;
    }
  }

  /** Layers first, so that the first key frame is one of those wanted. @returns whether there was something to do */
  async #step(): Promise<boolean> {
    const consumer = this.#consumer;
    const { flowing } = this.#course;
    const layers = this.#wantedLayers();
    if (layers !== undefined && !sameLayers(layers, this.#layers)) {
      this.#layers = layers;
      await this.#run('setPreferredLayers', () => consumer.setPreferredLayers(layers));
      return true;
    }
    if (flowing === this.#flowing) return false;
    await this.#run(flowing ? 'resume' : 'pause', () => (flowing ? consumer.resume() : consumer.pause()));
    this.#flowing = flowing;
    if (flowing) this.askKeyFrame();
    this.#options.onChange();
    return true;
  }

  /** Undefined: there is nothing to choose, or nothing is shown. */
  #wantedLayers(): Layers | undefined {
    const { type, rtpParameters } = this.#consumer;
    const { tile, source } = this.#course;
    if (tile === undefined || (type !== 'simulcast' && type !== 'svc')) return undefined;
    return layersForTile(tile, source, layersOfMode(rtpParameters.encodings?.[0]?.scalabilityMode));
  }

  /** Layers that nobody wants need not be sent by the publisher. */
  #wish(): void {
    const layer = this.#course.flowing ? (this.#wantedLayers()?.spatialLayer ?? 0) : -1;
    this.#lease.source.wishes.set(this.#consumer.id, layer);
  }

  #requestKeyFrame(): void {
    if (this.#closed || !this.#flowing) return;
    this.#run('requestKeyFrame', () => this.#consumer.requestKeyFrame()).catch(() => undefined);
  }

  #run<T>(what: string, request: () => Promise<T>): Promise<T> {
    return this.#options.place.router.worker.run(what, request);
  }
}

const sameLayers = (a: Layers, b: Layers | undefined): boolean =>
  a.spatialLayer === b?.spatialLayer && a.temporalLayer === b.temporalLayer;

async function consume({ router, transport }: FeedPlace, producer: types.Producer): Promise<types.Consumer> {
  if (!router.router.canConsume({ producerId: producer.id, rtpCapabilities: feedCapabilities })) {
    throw new PorticoError('codec_unsupported', `producer '${producer.id}' cannot be mixed`);
  }
  return await router.worker.run('consume', () =>
    transport.consume({ producerId: producer.id, rtpCapabilities: feedCapabilities, paused: true }),
  );
}
