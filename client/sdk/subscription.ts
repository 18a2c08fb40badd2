import { consumeAll } from './consume.ts';
import { canDecode } from './encodings.ts';
import { PorticoClientError, toClientError } from './errors.ts';
import { randomId } from './random-id.ts';
import { ReceiveControl } from './receive-control.ts';
import { kindsOf, Session } from './session.ts';
import { playIn } from './tile-watch.ts';
import { Viewing } from './viewing.ts';
import { wantedTracks } from './wanted-tracks.ts';
import type { Consumer, Transport } from './engine.ts';
import type { SessionContext } from './session.ts';
import type { RemoteStream } from './stream.ts';
import type {
  Kind,
  KindSelector,
  Layers,
  SessionEndReason,
  SessionStats,
  SubscribeOptions,
  SubscriptionEvents,
  VideoParameters,
} from './types.ts';
import type { WantedTrack } from './wanted-tracks.ts';

/** What this participant receives of one stream. */
export class Subscription extends Session<SubscriptionEvents> {
  /** Stays the same for its life; at the server each restoration is a subscription of its own. */
  readonly id: string = randomId();
  readonly stream: RemoteStream;
  /** One object for its life: tracks are put in and exchanged. */
  readonly mediaStream: MediaStream;
  protected override readonly direction = 'recv';
  #options: SubscribeOptions;
  readonly #consumers = new Map<Kind, Consumer>();
  readonly #control: ReceiveControl;
  readonly #viewing: Viewing;
  readonly #paused = { audio: false, video: false };
  /** The video is out of sight. */
  #hidden = false;
  #layers: { chosen: Layers | undefined; fixed: Layers | undefined } = {
    chosen: undefined,
    fixed: undefined,
  };
  /** Id at the server; undefined while there is none. */
  #wireId: string | undefined;
  #attempts = 0;
  /** Id that is about to take the place of `#wireId`. */
  #successor: string | undefined;

  /** @internal */
  constructor(context: SessionContext, stream: RemoteStream, options: SubscribeOptions = {}) {
    super(context);
    this.stream = stream;
    this.mediaStream = context.createMediaStream();
    this.#options = options;
    this.#control = new ReceiveControl(context.requester, context.logger);
    this.#viewing = new Viewing({
      track: () => stream.video,
      onChoice: ({ paused, layers }) => {
        this.#hidden = paused;
        if (layers !== undefined) this.#layers.chosen = layers;
        this.#control.wish(this.#wishes());
      },
    });
  }

  /** Kinds that are paused by `pause()`. */
  get paused(): { audio: boolean; video: boolean } {
    return { ...this.#paused };
  }

  /** @internal Where its media arrives. */
  get receivers(): RTCRtpReceiver[] {
    return [...this.#consumers.values()].flatMap(({ closed, rtpReceiver }) =>
      closed || rtpReceiver === undefined ? [] : [rtpReceiver],
    );
  }

  /** @internal */
  get wireId(): string | undefined {
    return this.#wireId;
  }

  /** Stops receiving; the stream itself goes on. */
  async pause(kind: KindSelector): Promise<void> {
    await this.#setPaused(kind, true);
  }

  async resume(kind: KindSelector): Promise<void> {
    await this.#setPaused(kind, false);
  }

  /** The highest layers to receive, whatever the tiles say; `auto` leaves it to the tiles again (the default). */
  async setLayers(layers: Layers | 'auto'): Promise<void> {
    this.assertOpen();
    const highest = { spatial: (this.stream.video?.layers?.spatial ?? 1) - 1 };
    this.#layers = {
      chosen: layers === 'auto' ? (this.#layers.chosen ?? highest) : this.#layers.chosen,
      fixed: layers === 'auto' ? undefined : layers,
    };
    await this.#control.want(this.#wishes());
  }

  /**
   * Asks for the video in another size, rate or bitrate. A mixed stream is received anew for that: the tracks in `mediaStream`
   * are exchanged when the new ones are there. When the room refuses, all goes on as it was.
   * @throws PorticoClientError `bad_request` with the field that is not offered; `track_not_found` without a video
   */
  async setVideo(parameters: VideoParameters): Promise<void> {
    this.assertOpen();
    const before = this.#options;
    if (before.video === false || this.stream.video === undefined) {
      throw new PorticoClientError('track_not_found', 'No video is received.', { field: 'video' });
    }
    const track = typeof before.video === 'object' ? before.video.track : before.video;
    const options = { ...before, video: { ...(typeof track === 'string' && { track }), ...parameters } };
    this.#options = options;
    try {
      // While it is interrupted nobody can be asked; it will be received again as it is wanted.
      if (this.state !== 'active' || this.#wireId === undefined) return;
      if (this.stream.type === 'mixed') await this.#renew(this.#wireId);
      else await this.#update(this.#wireId, parameters);
    } catch (error) {
      if (this.#options === options) this.#options = before;
      throw error;
    }
  }

  /**
   * Shows or plays it in an element, and watches that: its size on the screen chooses the layers, and while no
   * attached element can be seen the video is not received. Returns a function that detaches it.
   */
  attach(element: HTMLVideoElement | HTMLAudioElement): () => void {
    this.assertOpen();
    const stop = playIn(element, this.mediaStream, () => {
      this.emit('playbackBlocked', { element });
    });
    const unwatch = element instanceof HTMLVideoElement ? this.#viewing.add(element) : undefined;
    return () => {
      unwatch?.();
      stop();
    };
  }

  async getStats(): Promise<SessionStats> {
    const open = [...this.#consumers].filter(([, consumer]) => !consumer.closed);
    const entries = await Promise.all(
      open.map(async ([kind, consumer]) => [kind, await consumer.getStats()] as const),
    );
    return Object.fromEntries(entries);
  }

  /** What the server measures of it (mediasoup's consumer statistics). */
  async getServerStats(): Promise<Record<string, unknown>[]> {
    const id = this.#wireId;
    if (id === undefined) return [];
    return (await this.context.requester.request('getStats', { id }, { queue: false })).stats;
  }

  async stop(): Promise<void> {
    if (this.state === 'ended') return;
    const id = this.#wireId;
    this.end('closed');
    if (id !== undefined) await this.#unsubscribe(id);
  }

  /** @internal The server's subscription is gone (`told`), or can be of no use any more. */
  lost(reason: SessionEndReason, { told }: { told: boolean }): void {
    if (this.#wireId !== undefined && !told) void this.#unsubscribe(this.#wireId);
    this.#wireId = undefined;
    this.#control.offline();
    // An interrupted stream is waited for: its return is told.
    this.interrupt(reason, { wait: this.stream.status === 'interrupted' });
  }

  protected override async establish(transport: Transport, current: () => boolean): Promise<void> {
    this.#assertPresent();
    const wanted = this.#wantedTracks();
    const id = this.#attempts === 0 ? this.id : randomId();
    this.#attempts += 1;
    this.#wireId = id;
    try {
      const { context, stream } = this;
      const consumers = await consumeAll({ context, stream, id, wanted, transport, current });
      if (!current()) {
        for (const consumer of consumers) consumer.close();
        void this.#unsubscribe(id);
        return;
      }
      this.#exchange(consumers);
      this.#control.online(id);
      await this.context.requester.request('resume', { id });
    } catch (error) {
      void this.#unsubscribe(id);
      throw this.#explained(error);
    }
  }

  protected override settled(): void {
    this.#viewing.refresh();
    this.#control.wish(this.#wishes());
  }

  protected override release(): void {
    this.#viewing.close();
    this.#control.offline();
    this.#wireId = undefined;
    for (const consumer of this.#consumers.values()) this.#discard(consumer);
    this.#consumers.clear();
  }

  /** Makes another subscription with the options of now, and only then gives up the one that is there. */
  async #renew(before: string): Promise<void> {
    const id = randomId();
    this.#successor = id;
    const current = (): boolean =>
      this.#successor === id && this.#wireId === before && this.state === 'active';
    let consumers: Consumer[] = [];
    try {
      const { context, stream } = this;
      const transport = await context.link.transport(this.direction);
      const wanted = this.#wantedTracks();
      consumers = await consumeAll({ context, stream, id, wanted, transport, current });
      if (current()) await context.requester.request('resume', { id });
      if (!current()) throw new PorticoClientError('ended', 'Another wish has overtaken it.');
      this.#wireId = id;
      this.#exchange(consumers);
      this.#control.online(id);
      void this.#unsubscribe(before);
    } catch (error) {
      for (const consumer of consumers) consumer.close();
      void this.#unsubscribe(id);
      // Whoever has overtaken it does what is wanted.
      if (current()) throw toClientError(error);
    }
  }

  async #update(id: string, parameters: VideoParameters): Promise<void> {
    const data = { video: { parameters } };
    await this.context.requester.request('subscription-control', { id, operation: 'update', data });
  }

  /** @throws PorticoClientError `track_not_found`, `codec_unsupported` */
  #wantedTracks(): WantedTrack[] {
    const wanted = wantedTracks(this.stream, this.#options);
    for (const { track } of wanted) this.#assertDecodable(track.format.codec);
    return wanted;
  }

  /** Puts new tracks where the old ones were; the picture stands still until the first new frame. */
  #exchange(consumers: Consumer[]): void {
    for (const consumer of consumers) {
      const { kind, track } = consumer;
      const before = this.#consumers.get(kind);
      this.#consumers.set(kind, consumer);
      if (before !== undefined) this.#discard(before);
      this.mediaStream.addTrack(track);
      this.emit('track', { kind, track });
    }
  }

  #discard(consumer: Consumer): void {
    this.mediaStream.removeTrack(consumer.track);
    consumer.close();
  }

  async #setPaused(selector: KindSelector, paused: boolean): Promise<void> {
    this.assertOpen();
    for (const kind of kindsOf(selector)) this.#paused[kind] = paused;
    await this.#control.want(this.#wishes());
  }

  /** What is wanted of the server, limited to what is subscribed. */
  #wishes(): { audio: boolean; video: boolean; layers: Layers | undefined } {
    const has = (kind: Kind): boolean => this.#consumers.has(kind);
    return {
      audio: this.#paused.audio && has('audio'),
      video: (this.#paused.video || this.#hidden) && has('video'),
      layers: has('video') ? (this.#layers.fixed ?? this.#layers.chosen) : undefined,
    };
  }

  #assertPresent(): void {
    if (this.stream.status === 'active') return;
    throw new PorticoClientError('stream_interrupted', `Stream '${this.stream.id}' is interrupted.`);
  }

  #assertDecodable(codec: string): void {
    if (codec === 'unknown' || canDecode(this.context.link.recvCapabilities, codec)) return;
    const text = `This browser cannot play ${codec.toUpperCase()}, the codec of stream '${this.stream.id}'.`;
    throw new PorticoClientError('codec_unsupported', text, { field: codec });
  }

  /** A stream that was received and is not there now comes back or is removed: until then it is waited for. */
  #explained(error: unknown): PorticoClientError {
    const known = toClientError(error);
    if (this.pending || (known.code !== 'stream_not_found' && known.code !== 'media_failed')) return known;
    return new PorticoClientError('stream_interrupted', known.message, { cause: error });
  }

  async #unsubscribe(id: string): Promise<void> {
    try {
      await this.context.requester.request('unsubscribe', { id }, { retry: false });
    } catch (error) {
      this.context.logger.debug('unsubscribe', { code: toClientError(error).code });
    }
  }
}
