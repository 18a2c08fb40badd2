import { codecToSend, planAudio, planVideo } from './encodings.ts';
import { toClientError } from './errors.ts';
import { SingleRun } from './single-run.ts';
import { sleep } from './timing.ts';
import type { Producer, Transport } from './engine.ts';
import type { ProduceData } from './media-link.ts';
import type { SessionContext } from './session.ts';
import type { Kind, PublishOptions, TrackSource } from './types.ts';
import type { Request } from './wire.ts';

export interface PublishedTrackOptions {
  context: SessionContext;
  kind: Kind;
  track: MediaStreamTrack;
  streamId: string;
  options: PublishOptions;
}

type Description = Request<'publish'>['media']['tracks'][number];
type ProducerOptions = NonNullable<Parameters<Transport['produce']>[0]> & { appData: ProduceData };

/** In this time an encoder that was switched on has sent its first packets, ms. */
const flowMs = 100;

/** What a device delivers when it does not say. */
const assumed = { width: 640, height: 480 };

/**
 * One track of a publication. Two things decide whether an encoding is sent, and they are kept apart: the person muted
 * the track, and nobody receives the layer.
 */
export class PublishedTrack {
  readonly kind: Kind;
  readonly source: TrackSource;
  /** Given by the server. */
  trackId: string | undefined;
  readonly #given: PublishedTrackOptions;
  #track: MediaStreamTrack;
  #producer: Producer | undefined;
  #muted: boolean;
  /** What the server knows of `#muted`. */
  #told = false;
  readonly #telling = new SingleRun(() => (this.#told === this.#muted ? undefined : this.#tell(this.#muted)));
  /** Highest spatial layer that anybody receives; -1: nobody receives the track. */
  #maxLayer = Infinity;
  #maxBitrate: number | undefined;
  /** Changes of the sender's parameters must not overlap (W3C: each `set` needs a fresh `get`). */
  #parameters: Promise<void> = Promise.resolve();

  constructor(given: PublishedTrackOptions) {
    const { kind, track, options } = given;
    this.#given = given;
    this.kind = kind;
    this.#track = track;
    this.source = options.source?.[kind] ?? (kind === 'audio' ? 'mic' : 'camera');
    this.#muted = options.muted?.[kind] ?? false;
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** A new attempt begins: the server forgot who watches. */
  prepare(): void {
    this.detach();
    this.#maxLayer = Infinity;
    this.#track.enabled = !this.#muted;
  }

  /** How the track is registered. */
  description(): Description {
    if (this.kind === 'audio') return { type: 'audio', source: this.source };
    const { width, height, frameRate } = this.#track.getSettings();
    const parameters: NonNullable<Description['parameters']> = {};
    if (width !== undefined && height !== undefined) parameters.resolution = { width, height };
    if (frameRate !== undefined) parameters.framerate = frameRate;
    return { type: 'video', source: this.source, parameters };
  }

  producerOptions(transport: Transport, appData: ProduceData): ProducerOptions {
    const common = {
      track: this.#track,
      streamId: this.#given.streamId,
      // The track is the application's: closing a producer must not switch the camera off.
      stopTracks: false,
      appData,
    };
    const { options, context } = this.#given;
    if (this.kind === 'audio') {
      return { ...common, codecOptions: planAudio(this.source, options.audio ?? {}).codecOptions };
    }
    const { width = assumed.width, height = assumed.height } = this.#track.getSettings();
    if (this.source === 'screen-cast' && this.#track.contentHint === '') this.#track.contentHint = 'detail';
    const video = {
      ...options.video,
      ...(this.#maxBitrate !== undefined && { maxBitrate: this.#maxBitrate }),
    };
    const codec = codecToSend(context.link.sendCapabilities, video.codec ?? 'vp8');
    return { ...common, codec, ...planVideo({ width, height, source: this.source, options: video }) };
  }

  attach(producer: Producer): void {
    this.#producer = producer;
    if (this.#muted) producer.pause();
    else producer.resume();
    this.#applyParameters();
  }

  detach(): void {
    this.#producer?.close();
    this.#producer = undefined;
  }

  /** Mutes at once on this side; `sync` tells the server. Returns whether that is a change. */
  setMuted(muted: boolean): boolean {
    if (this.#muted === muted) return false;
    this.#muted = muted;
    this.#track.enabled = !muted;
    if (muted) this.#producer?.pause();
    else this.#producer?.resume();
    this.#applyParameters();
    return true;
  }

  /** Brings the server's knowledge to what is wanted, one request at a time. */
  sync(): Promise<void> {
    return this.#telling.run();
  }

  /** `sync`, for when nobody waits for the outcome. */
  resync(): void {
    this.sync().catch((error: unknown) => {
      this.#given.context.logger.warn('mute state was not told', { code: toClientError(error).code });
    });
  }

  /** Tells the server that the track is muted, before it is announced. */
  async tellMuted(): Promise<void> {
    await this.#tell(true);
  }

  /**
   * The room says whether the track is muted; `mine`: because we asked. Others can mute it but never unmute it: a
   * microphone opens by its owner's hand only. Returns whether it was muted by that.
   */
  told(muted: boolean, mine: boolean): boolean {
    if (this.#telling.active && mine) return false;
    this.#told = muted;
    if (muted === this.#muted) return false;
    if (muted && !mine) return this.setMuted(true);
    this.resync();
    return false;
  }

  setMaxLayer(trackId: string, maxLayer: number): void {
    if (this.trackId !== trackId) return;
    this.#maxLayer = maxLayer;
    this.#applyParameters();
  }

  async setMaxBitrate(maxBitrate: number): Promise<void> {
    this.#maxBitrate = maxBitrate;
    this.#applyParameters();
    await this.#parameters;
  }

  async replace(track: MediaStreamTrack): Promise<void> {
    track.enabled = !this.#muted;
    await this.#producer?.replaceTrack({ track });
    this.#track = track;
  }

  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#producer?.closed === false ? await this.#producer.getStats() : undefined;
  }

  async #tell(muted: boolean): Promise<void> {
    if (!muted && this.kind === 'video') await this.#flowing();
    await this.#given.context.requester.request('stream-control', {
      id: this.#given.streamId,
      operation: muted ? 'pause' : 'play',
      data: this.kind,
    });
    this.#told = muted;
  }

  /**
   * An encoder that was off has to send again before the server passes its picture on. The server asks for a key frame when
   * it begins, and once more when it sees the first packet of a layer that had been silent; browsers ignore the second
   * request within 300 ms of the first, and the picture would come a second later.
   */
  async #flowing(): Promise<void> {
    await this.#parameters;
    await sleep(flowMs);
  }

  #applyParameters(): void {
    this.#parameters = this.#parameters
      .then(() => this.#setParameters())
      .catch((error: unknown) => {
        // Some runtimes cannot change a running sender; then the layer is sent in vain, no more.
        this.#given.context.logger.debug('encodings were not changed', { error: String(error) });
      });
  }

  async #setParameters(): Promise<void> {
    const sender = this.#producer?.rtpSender;
    if (sender === undefined) return;
    const parameters = sender.getParameters();
    const { encodings } = parameters;
    const changes = encodings.map((encoding, index) => {
      const layered = encodings.length > 1;
      const active = !this.#muted && (layered ? index <= this.#maxLayer : this.#maxLayer >= 0);
      const top = index === encodings.length - 1;
      const maxBitrate = top ? (this.#maxBitrate ?? encoding.maxBitrate) : encoding.maxBitrate;
      const changed = encoding.active !== active || encoding.maxBitrate !== maxBitrate;
      encoding.active = active;
      if (maxBitrate !== undefined) encoding.maxBitrate = maxBitrate;
      return changed;
    });
    if (changes.includes(true)) await sender.setParameters(parameters);
  }
}
