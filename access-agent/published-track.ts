import { randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import type { PublicationGrant } from '../common/contract/cluster.ts';
import type { PublishedTrack as Description } from '../common/contract/published-track.ts';
import type { ClientInput } from '../common/contract/client.ts';
import type { TrackMeasure } from '../common/contract/management.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { ProducerId, type StreamId, type TrackId } from '../common/contract/ids.ts';
import { codecName, formatOf, layersOf, unlisted } from '../common/media/codecs.ts';
import { formatNames } from '../common/media/formats.ts';
import type { RoomRouter } from '../common/media/room-router.ts';
import { producerParameters } from '../common/media/rtp-parameters.ts';
import type { ClientTransport } from './client-transport.ts';
import { msidOf } from '../common/media/msid.ts';
import { LayerWishes } from '../common/media/pipes/layer-wishes.ts';
import { measureProducer, silent } from './measure.ts';
import type { AgentParts } from './parts.ts';
import { watchProducer } from './quality.ts';
import { RateMeter } from './rate-meter.ts';
import type { Seat } from './seat.ts';
import { SettleDown } from './settle.ts';
import { watchSilence } from './silence.ts';
import { Source, type SourceEnd } from '../common/media/pipes/source.ts';

export type GrantedTrack = PublicationGrant['tracks'][number];
export type ProduceRequest = ClientInput<'produce'>;

/** A layer that is wanted less is taken back after this, ms. */
const layersDownMs = 1_500;
/**
 * Least time between two key frame requests to a publisher, ms. Browsers leave those unanswered that come within 300 ms of another, and
 * the worker asks again only a second later: who came between waited for that long.
 */
const keyFrameRequestDelay = 350;

/** One `produce` of the client: its parameters tell a repetition from a new start. */
interface Attempt {
  readonly key: string;
  readonly result: Promise<types.Producer>;
}

export interface PublishedTrackOptions {
  parts: AgentParts;
  seat: Seat;
  publication: StreamId;
  grant: GrantedTrack;
}

/** A track that a participant may send; it has a producer from `produce` on. */
export class PublishedTrack {
  readonly id: TrackId;
  readonly seat: Seat;
  readonly publication: StreamId;
  readonly #parts: AgentParts;
  #grant: GrantedTrack;
  #paused: boolean;
  /** Nothing arrives from the client. */
  #away = false;
  #attempt: Attempt | undefined;
  #transport: ClientTransport | undefined;
  #live: { id: ProducerId; source: Source; router: RoomRouter } | undefined;
  /** Layers that the publisher was told to send. */
  #layers: SettleDown | undefined;
  readonly #meter = new RateMeter();

  constructor({ parts, seat, publication, grant }: PublishedTrackOptions) {
    this.id = grant.id;
    this.seat = seat;
    this.publication = publication;
    this.#parts = parts;
    this.#grant = grant;
    this.#paused = grant.paused;
  }

  /** What subscribers receive; nothing before `produce`. */
  get source(): Source | undefined {
    return this.#live?.source;
  }

  /** The router on which it enters. */
  get router(): RoomRouter | undefined {
    return this.#live?.router;
  }

  get kind(): GrantedTrack['type'] {
    return this.#grant.type;
  }

  /** The transport that carries it. */
  get transport(): ClientTransport | undefined {
    return this.#transport;
  }

  /** As the owner of the room and inventories see it. */
  describe(): Description {
    const { id, type, source, parameters } = this.#grant;
    const producer = this.#live?.source.producer;
    const layers = producer === undefined ? undefined : layersOf(producer);
    return {
      id,
      type,
      paused: this.#paused,
      ...(source === undefined ? {} : { source }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(this.#live === undefined ? {} : { producer: this.#live.id, router: this.#live.router.id }),
      ...(producer === undefined ? {} : { format: formatOf(producer.rtpParameters) }),
      ...(layers === undefined ? {} : { layers }),
    };
  }

  /** The owner granted the same track again. */
  async update(grant: GrantedTrack): Promise<void> {
    this.#grant = grant;
    await this.setPaused(grant.paused);
  }

  /**
   * Makes the producer; a repetition returns the same one, other parameters start a new one.
   * @throws PorticoError `rtp_invalid`, `codec_unsupported`, `grant_missing`, `worker_lost`
   */
  async produce(transport: ClientTransport, request: ProduceRequest): Promise<ProducerId> {
    const key = JSON.stringify([transport.id, request.rtpParameters]);
    const attempt = this.#attempt?.key === key ? this.#attempt : this.#start(key, transport, request);
    const producer = await attempt.result;
    return ProducerId.parse(producer.id);
  }

  /** The publisher was away: what it sends can be seen again from the next key frame on. */
  refresh(): void {
    if (this.kind === 'video') this.#live?.source.refresh();
  }

  /** Tells the publisher again which layers are wanted: it may have been away when it was told. */
  repeatHints(): void {
    this.#layers?.repeat();
  }

  /** Pauses or resumes it for everybody. */
  async setPaused(paused: boolean): Promise<void> {
    this.#paused = paused;
    const producer = this.#live?.source.producer;
    if (producer === undefined) return;
    await this.#applyPause(producer);
  }

  async stats(): Promise<object[]> {
    const producer = this.#live?.source.producer;
    if (producer === undefined) return [];
    const stats = await this.seat.worker.run('getStats', () => producer.getStats());
    return stats.map((stat) => ({ ...stat, track: this.id }));
  }

  /** What it carries right now. */
  async measure(): Promise<TrackMeasure> {
    const named = { id: this.id, type: this.kind, paused: this.#paused };
    const producer = this.#live?.source.producer;
    if (producer === undefined) return silent(named);
    return await measureProducer(producer, { named, meter: this.#meter, worker: this.seat.worker });
  }

  /** Ends what is being sent; the grant stays. */
  end(reason: SourceEnd): void {
    this.#attempt = undefined;
    this.#transport = undefined;
    const live = this.#live;
    this.#live = undefined;
    live?.source.end(reason);
    live?.source.producer.close();
  }

  #start(key: string, transport: ClientTransport, request: ProduceRequest): Attempt {
    this.end('source_ended');
    const attempt: Attempt = {
      key,
      result: this.#create(transport, request, () => this.#attempt === attempt),
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
    request: ProduceRequest,
    wanted: () => boolean,
  ): Promise<types.Producer> {
    const rtpParameters = producerParameters(
      this.kind,
      request.rtpParameters,
      msidOf(this.publication, this.id),
    );
    requireFormat(rtpParameters, this.#grant.formats);
    if (request.paused === true) this.#paused = true;
    const paused = this.#paused;
    const id = ProducerId.parse(randomUUID());
    let producer: types.Producer;
    try {
      producer = await transport.worker.run('produce', () =>
        transport.engine.produce({ id, kind: this.kind, rtpParameters, paused, keyFrameRequestDelay }),
      );
    } catch (error) {
      throw withCodec(error, rtpParameters);
    }
    if (!wanted() || producer.closed) {
      producer.close();
      throw new PorticoError('grant_missing', `track '${this.id}' was revoked while it was being produced`);
    }
    this.#begin(id, producer, transport);
    if (this.#paused !== producer.paused) await this.#applyPause(producer);
    this.#parts.log.info({ ...this.#names(), producer: id, kind: this.kind }, 'track produced');
    return producer;
  }

  #begin(id: ProducerId, producer: types.Producer, transport: ClientTransport): void {
    const { seat, publication } = this;
    const parts = this.#parts;
    const source = new Source(producer, new LayerWishes());
    const live = { id, source, router: seat.router };
    this.#live = live;
    this.#away = false;
    parts.published.set(id, this);
    parts.metrics.producers.inc({ kind: this.kind });
    producer.observer.once('close', () => {
      parts.published.delete(id);
      parts.metrics.producers.dec({ kind: this.kind });
      // Closed by us it has a reason already; else its transport or worker took it along.
      source.end('source_interrupted');
      if (this.#live === live) this.#live = undefined;
    });
    if (this.kind === 'video') {
      this.#hintLayers(source);
      this.#holdWhileAway(producer, transport);
    } else seat.speakers.add(producer, seat.participant);
    watchProducer(producer, { hints: parts.hints, target: seat, id: publication, track: this.id });
    seat.room.reports.trackAdded(publication, seat.participant, this.describe());
  }

  /** The publisher need not send layers that nobody receives. */
  #hintLayers({ producer, wishes }: Source): void {
    const top = (layersOf(producer)?.spatial ?? 1) - 1;
    const settle = new SettleDown(top, layersDownMs, (maxSpatialLayer) => {
      const data = { id: this.publication, track: this.id, maxSpatialLayer };
      this.#parts.hints.send(this.seat, { name: 'layers', data });
    });
    wishes.onChange(({ max }) => {
      settle.push(Math.min(max, top));
    });
    settle.push(wishes.max);
    this.#layers = settle;
    producer.observer.once('close', () => {
      settle.close();
      if (this.#layers === settle) this.#layers = undefined;
    });
  }

  /**
   * While the client's network is away its video is held, so that its return begins with a key frame: else everything lost
   * is retransmitted first, seconds of stale pictures in front of the key frame.
   */
  #holdWhileAway(producer: types.Producer, transport: ClientTransport): void {
    const hold = (away: boolean) => {
      this.#away = away;
      this.#parts.log.info({ ...this.#names(), away }, 'track silent');
      this.#applyPause(producer).catch(() => undefined);
    };
    watchSilence(producer, {
      received: () => transport.bytesReceived(),
      away: () => {
        hold(true);
      },
      back: () => {
        hold(false);
      },
    });
  }

  async #applyPause(producer: types.Producer): Promise<void> {
    const paused = this.#paused || this.#away;
    await this.seat.worker.run('pause', () => (paused ? producer.pause() : producer.resume()));
  }

  #names(): { room: string; participant: string; stream: string; track: string } {
    const { room, participant } = this.seat;
    return { room: room.id, participant, stream: this.publication, track: this.id };
  }
}

/** @throws PorticoError `codec_unsupported` for a codec that the room does not take. */
function requireFormat(parameters: types.RtpParameters, formats: GrantedTrack['formats']): void {
  const sent = formats === undefined ? undefined : unlisted(parameters, formats);
  if (formats === undefined || sent === undefined) return;
  const sentence = `this room does not take ${formatNames([sent])}; it takes ${formatNames(formats)}`;
  throw new PorticoError('codec_unsupported', sentence, { field: sent.codec });
}

/** The engine does not say which codec it misses. */
function withCodec(error: unknown, parameters: types.RtpParameters): unknown {
  if (!(error instanceof PorticoError) || error.code !== 'codec_unsupported') return error;
  const field = codecName(parameters.codecs[0]?.mimeType ?? '');
  return new PorticoError('codec_unsupported', `the server does not take ${field} like this`, { field });
}
