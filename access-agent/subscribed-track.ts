import type { types } from 'mediasoup';
import type { SubscribedTrack as Grant } from '../common/contract/cluster.ts';
import type { ClientOutput } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { TrackMeasure } from '../common/contract/management.ts';
import { ConsumerId, ProducerId, type SubscriptionId } from '../common/contract/ids.ts';
import type { VideoParameters } from '../common/contract/media.ts';
import { codecName, layersOfMode, mediaCodecOf } from '../common/media/codecs.ts';
import { consumerCapabilities } from '../common/media/rtp-parameters.ts';
import type { ClientTransport } from './client-transport.ts';
import { layersFor, type Layers } from '../common/media/layers.ts';
import { measureConsumer, silent } from './measure.ts';
import type { AgentParts } from './parts.ts';
import { watchConsumer } from './quality.ts';
import { RateMeter } from './rate-meter.ts';
import type { Seat } from './seat.ts';
import { ThinReceiver } from './thin-receiver.ts';
import type { SourceEnd, SourceLease } from '../common/media/pipes/source.ts';

export type ConsumeAnswer = ClientOutput<'consume'>;

/** One `consume` of the client; the same key is a repetition. */
interface Attempt {
  readonly key: string;
  readonly result: Promise<types.Consumer>;
}

interface Live {
  readonly consumer: types.Consumer;
  readonly lease: SourceLease;
  /** Of a source whose low layer is made on demand. */
  readonly thin: ThinReceiver | undefined;
  readonly onEnded: (reason: SourceEnd) => void;
  readonly onRefresh: () => void;
}

export interface SubscribedTrackOptions {
  parts: AgentParts;
  seat: Seat;
  subscription: SubscriptionId;
  grant: Grant;
  /** Its source ended; the consumer is closed by then. */
  onEnded: (reason: SourceEnd) => void;
}

/** A track that a participant may receive; it has a consumer from `consume` on, which flows from `resume` on. */
export class SubscribedTrack {
  readonly #parts: AgentParts;
  readonly #seat: Seat;
  readonly #subscription: SubscriptionId;
  readonly #onEnded: (reason: SourceEnd) => void;
  #grant: Grant;
  #attempt: Attempt | undefined;
  #transport: ClientTransport | undefined;
  #live: Live | undefined;
  /** The client is ready to receive. */
  #started = false;
  /** Chosen by the client; wins over parameters until those change. */
  #chosen: types.ConsumerLayers | undefined;
  readonly #meter = new RateMeter();

  constructor({ parts, seat, subscription, grant, onEnded }: SubscribedTrackOptions) {
    this.#parts = parts;
    this.#seat = seat;
    this.#subscription = subscription;
    this.#grant = grant;
    this.#onEnded = onEnded;
  }

  get kind(): Grant['type'] {
    return this.#grant.type;
  }

  get consuming(): boolean {
    return this.#live !== undefined;
  }

  get transport(): ClientTransport | undefined {
    return this.#transport;
  }

  describe(): Grant {
    return this.#grant;
  }

  /** The owner granted it again; another origin ends what is being received. */
  async update(grant: Grant): Promise<void> {
    const moved = grant.origin.producer !== this.#grant.origin.producer;
    this.#grant = grant;
    if (moved) this.close();
    await this.#apply();
    await this.#applyLayers();
  }

  /**
   * Makes the consumer, paused; a repetition returns the same one.
   * @throws PorticoError `codec_unsupported`, `track_not_found`, `rtp_invalid`, `worker_lost`, `unavailable`
   */
  async consume(transport: ClientTransport, capabilities: types.RtpCapabilities): Promise<ConsumeAnswer> {
    const key = `${transport.id}/${this.#grant.origin.producer}`;
    const attempt = this.#attempt?.key === key ? this.#attempt : this.#start(key, transport, capabilities);
    const consumer = await attempt.result;
    return {
      id: ConsumerId.parse(consumer.id),
      producerId: ProducerId.parse(consumer.producerId),
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      producerPaused: consumer.producerPaused,
      type: consumer.type,
    };
  }

  /** Lets media flow, beginning with a key frame. */
  async resume(): Promise<void> {
    if (this.#live === undefined) return;
    this.#started = true;
    await this.#apply();
  }

  /** Asks for a key frame, if media flows. */
  async refresh(): Promise<void> {
    const consumer = this.#live?.consumer;
    if (consumer === undefined || consumer.paused || consumer.closed || this.kind !== 'video') return;
    await this.#seat.worker.run('requestKeyFrame', () => consumer.requestKeyFrame());
  }

  async setPaused(paused: boolean): Promise<void> {
    this.#grant = { ...this.#grant, paused };
    await this.#apply();
  }

  async setParameters(parameters: VideoParameters): Promise<void> {
    this.#grant = { ...this.#grant, parameters };
    this.#chosen = undefined;
    await this.#applyLayers();
  }

  async setLayers(layers: types.ConsumerLayers): Promise<void> {
    this.#chosen = layers;
    await this.#applyLayers();
  }

  async stats(): Promise<object[]> {
    const consumer = this.#live?.consumer;
    if (consumer === undefined) return [];
    const stats = await this.#seat.worker.run('getStats', () => consumer.getStats());
    return stats.map((stat) => ({ ...stat, track: this.#grant.id }));
  }

  /** What it carries right now. */
  async measure(): Promise<TrackMeasure> {
    const named = { id: this.#grant.id, type: this.kind, paused: this.#grant.paused };
    const consumer = this.#live?.consumer;
    if (consumer === undefined) return silent(named);
    return await measureConsumer(consumer, { named, meter: this.#meter, worker: this.#seat.worker });
  }

  /** Ends what is being received; the grant stays. */
  close(): void {
    this.#attempt = undefined;
    this.#transport = undefined;
    this.#started = false;
    const live = this.#live;
    this.#live = undefined;
    if (live === undefined) return;
    const { consumer, lease, onEnded, onRefresh } = live;
    lease.source.off('ended', onEnded).off('refresh', onRefresh);
    lease.source.wishes.delete(consumer.id);
    consumer.close();
    lease.release();
  }

  #start(key: string, transport: ClientTransport, capabilities: types.RtpCapabilities): Attempt {
    this.close();
    const attempt: Attempt = {
      key,
      result: this.#create(transport, capabilities, () => this.#attempt === attempt),
    };
    this.#attempt = attempt;
    this.#transport = transport;
    attempt.result.catch(() => {
      if (this.#attempt === attempt) this.#attempt = undefined;
    });
    return attempt;
  }

  async #create(
    transport: ClientTransport,
    given: types.RtpCapabilities,
    wanted: () => boolean,
  ): Promise<types.Consumer> {
    const capabilities = consumerCapabilities(given);
    const { room, router } = this.#seat;
    const lease = await this.#parts.sources.acquire(room.id, this.#grant.origin, router);
    try {
      const consumer = await this.#consume(transport, lease, capabilities);
      if (!wanted() || consumer.closed || lease.source.ended !== undefined) {
        consumer.close();
        throw this.#revoked();
      }
      this.#begin(consumer, lease, transport);
      return consumer;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  async #consume(
    transport: ClientTransport,
    { source: { producer } }: SourceLease,
    rtpCapabilities: types.RtpCapabilities,
  ): Promise<types.Consumer> {
    const { router } = this.#seat.router;
    if (producer.closed) throw this.#revoked();
    if (!router.canConsume({ producerId: producer.id, rtpCapabilities })) {
      const field = codecName(mediaCodecOf(producer.rtpParameters)?.mimeType ?? '');
      throw new PorticoError('codec_unsupported', `the client cannot decode ${field}`, { field });
    }
    return await transport.worker.run('consume', () =>
      transport.engine.consume({ producerId: producer.id, rtpCapabilities, paused: true }),
    );
  }

  #begin(consumer: types.Consumer, lease: SourceLease, transport: ClientTransport): void {
    const onEnded = (reason: SourceEnd) => {
      this.close();
      this.#onEnded(reason);
    };
    const onRefresh = () => {
      // A worker that is gone has nobody to refresh.
      this.refresh().catch(() => undefined);
    };
    const thin = this.#thinReceiver(consumer, lease, transport);
    this.#live = { consumer, lease, thin, onEnded, onRefresh };
    lease.source.once('ended', onEnded).on('refresh', onRefresh);
    this.#parts.metrics.consumers.inc({ kind: this.kind });
    consumer.observer.once('close', () => {
      this.#parts.metrics.consumers.dec({ kind: this.kind });
    });
    const { hints } = this.#parts;
    watchConsumer(consumer, { hints, target: this.#seat, id: this.#subscription, track: this.#grant.id });
    this.#wish();
    if (this.#chosen === undefined && this.#grant.parameters === undefined) return;
    this.#applyLayers().catch((error: unknown) => {
      this.#parts.log.debug({ err: error, subscription: this.#subscription }, 'layers not set');
    });
  }

  /** Makes the consumer flow or stop, as the client and the owner of the room want it. */
  async #apply(): Promise<void> {
    const consumer = this.#live?.consumer;
    if (consumer === undefined) return;
    const flow = this.#started && !this.#grant.paused;
    if (flow) await this.#live?.thin?.begin();
    else this.#live?.thin?.pause();
    this.#wish();
    if (flow === !consumer.paused) return;
    await this.#seat.worker.run(flow ? 'resume' : 'pause', () =>
      flow ? consumer.resume() : consumer.pause(),
    );
    if (flow) await this.refresh();
  }

  /** Nothing to choose for a track with one layer. */
  async #applyLayers(): Promise<void> {
    const consumer = this.#live?.consumer;
    const layers = this.#layers();
    if (consumer === undefined || layers === undefined) return;
    this.#wish();
    await this.#seat.worker.run('setPreferredLayers', () => consumer.setPreferredLayers(layers));
  }

  #layers(): Layers | undefined {
    const consumer = this.#live?.consumer;
    if (consumer === undefined || (consumer.type !== 'simulcast' && consumer.type !== 'svc'))
      return undefined;
    // Who asks for a smaller picture of a mix gets an output of that size.
    if (this.#live?.thin !== undefined) return undefined;
    const counts = layersOfMode(consumer.rtpParameters.encodings?.[0]?.scalabilityMode);
    const wanted = layersFor(this.#grant.parameters, this.#grant.source, counts);
    if (this.#chosen === undefined) return wanted;
    const { spatialLayer, temporalLayer = counts.temporal - 1 } = this.#chosen;
    return {
      spatialLayer: Math.min(spatialLayer, counts.spatial - 1),
      temporalLayer: Math.min(temporalLayer, counts.temporal - 1),
    };
  }

  #wish(): void {
    if (this.#live === undefined) return;
    const { consumer, lease, thin } = this.#live;
    const flow = this.#started && !this.#grant.paused;
    const highest = thin === undefined ? (this.#layers()?.spatialLayer ?? 0) : 1;
    lease.source.wishes.set(consumer.id, flow ? highest : -1, flow && thin?.wantsLow === true);
  }

  #thinReceiver(
    consumer: types.Consumer,
    { source: { producer, onDemand } }: SourceLease,
    { line, worker }: ClientTransport,
  ): ThinReceiver | undefined {
    if (onDemand === undefined || consumer.type !== 'simulcast') return undefined;
    const onChange = () => {
      this.#wish();
    };
    return new ThinReceiver({ consumer, producer, bitrates: onDemand, line, worker, onChange });
  }

  #revoked(): PorticoError {
    return new PorticoError('track_not_found', `track '${this.#grant.id}' ended while it was being consumed`);
  }
}
