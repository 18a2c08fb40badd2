import { MixWishes } from './mix-wishes.ts';
import { PublishedTrack } from './published-track.ts';
import { kindsOf, Session } from './session.ts';
import { randomId } from './random-id.ts';
import { toClientError, PorticoClientError } from './errors.ts';
import type { ProduceData } from './media-link.ts';
import type { Producer, RtpParameters, Transport } from './engine.ts';
import type { SessionContext } from './session.ts';
import type {
  Attributes,
  Kind,
  KindSelector,
  LocalMedia,
  PublicationEvents,
  PublishOptions,
  SessionEndReason,
  SessionStats,
} from './types.ts';
import type { Answer } from './wire.ts';

const kinds = ['audio', 'video'] as const;

function firstTracks(media: LocalMedia): { audio?: MediaStreamTrack; video?: MediaStreamTrack } {
  if (!('getTracks' in media)) return media;
  const [audio] = media.getAudioTracks();
  const [video] = media.getVideoTracks();
  return { ...(audio && { audio }), ...(video && { video }) };
}

/** One track on its way to the server. */
interface Announcement {
  track: PublishedTrack;
  transport: Transport;
  registered: Promise<Answer<'publish'>>;
  rtpParameters: RtpParameters;
  current: () => boolean;
}

/** What this participant sends under one stream id: an audio track, a video track, or both. */
export class Publication extends Session<PublicationEvents> {
  /** Id of the stream; it stays when the stream has to be published again. */
  readonly id: string;
  readonly attributes: Attributes;
  readonly mediaStream: MediaStream;
  protected override readonly direction = 'send';
  readonly #tracks = new Map<Kind, PublishedTrack>();
  readonly #mixes: MixWishes;
  /** Kinds under which the server knows the stream. */
  #registered = '';

  /** @internal @param views to mix it into, whatever `options.mix` says */
  constructor(
    context: SessionContext,
    media: LocalMedia,
    options: PublishOptions = {},
    views: readonly string[] = [],
  ) {
    super(context);
    this.id = options.id ?? randomId();
    this.attributes = options.attributes ?? {};
    this.#mixes = new MixWishes(views, {
      request: (operation, view) =>
        context.requester.request('stream-control', { id: this.id, operation, data: view }),
      onChange: () => {
        this.emit('views', { views: this.views });
      },
      onFailure: (view, error) => {
        this.emit('mixFailed', { view, error });
      },
    });
    const given = firstTracks(media);
    this.mediaStream = 'getTracks' in media ? media : context.createMediaStream();
    for (const kind of kinds) {
      const track = given[kind];
      if (track === undefined) continue;
      if (!this.mediaStream.getTracks().includes(track)) this.mediaStream.addTrack(track);
      this.#tracks.set(kind, new PublishedTrack({ context, kind, track, streamId: this.id, options }));
    }
    if (this.#tracks.size === 0) {
      throw new PorticoClientError('bad_request', 'There is neither an audio nor a video track to publish.');
    }
  }

  /** Which tracks are muted; a missing one counts as muted. */
  get muted(): { audio: boolean; video: boolean } {
    const of = (kind: Kind): boolean => this.#tracks.get(kind)?.muted ?? true;
    return { audio: of('audio'), video: of('video') };
  }

  /** Where its tracks come from. */
  get source(): { audio?: string; video?: string } {
    return Object.fromEntries([...this.#tracks].map(([kind, track]) => [kind, track.source]));
  }

  /** Labels of the views that it is mixed into. */
  get views(): string[] {
    return this.#mixes.views;
  }

  /** Stops sending for everybody. Devices stay open: stop their tracks to switch their lamps off. */
  async mute(kind: KindSelector): Promise<void> {
    await this.#setMuted(kind, true);
  }

  async unmute(kind: KindSelector): Promise<void> {
    await this.#setMuted(kind, false);
  }

  /**
   * Shows it in a view, also after it had to be published again; twice is once.
   * @throws PorticoClientError `not_found` when there is no such view
   */
  async mix(view: string): Promise<void> {
    this.assertOpen();
    await this.#mixes.want(view, true);
  }

  /** Takes it out of a view. */
  async unmix(view: string): Promise<void> {
    this.assertOpen();
    await this.#mixes.want(view, false);
  }

  /** Sends another track of the same kind instead (another device), without anybody noticing a break. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    this.assertOpen();
    const published = this.#track(track.kind as Kind);
    const before = published.track;
    await published.replace(track);
    this.mediaStream.removeTrack(before);
    this.mediaStream.addTrack(track);
  }

  /** Limits the bitrate of the largest layer of a kind, bit/s. */
  async setMaxBitrate(kind: Kind, maxBitrate: number): Promise<void> {
    this.assertOpen();
    await this.#track(kind).setMaxBitrate(maxBitrate);
  }

  async getStats(): Promise<SessionStats> {
    const stats: SessionStats = {};
    for (const [kind, track] of this.#tracks) {
      const report = await track.getStats();
      if (report !== undefined) stats[kind] = report;
    }
    return stats;
  }

  /** What the server measures of this stream (mediasoup's producer statistics). */
  async getServerStats(): Promise<Record<string, unknown>[]> {
    return (await this.context.requester.request('getStats', { id: this.id }, { queue: false })).stats;
  }

  /** Ends it for everybody. The local tracks go on: they belong to the application. */
  async stop(): Promise<void> {
    await this.#stop('closed');
  }

  /** @internal Somebody muted it, or the room says how it stands. */
  remoteMute(kind: Kind, muted: boolean, by: string | undefined): void {
    const track = this.#tracks.get(kind);
    if (track === undefined || this.state === 'ended') return;
    const mine = by === this.context.self;
    if (track.told(muted, mine)) this.emit('mute', { kind, ...(by !== undefined && { by }) });
  }

  /** @internal The room shows it in these views. */
  remoteViews(views: readonly string[]): void {
    if (this.state !== 'ended') this.#mixes.told(views);
  }

  /** @internal The room does not have it any more. */
  forgotten(): void {
    if (this.state !== 'ended') this.#mixes.forgotten();
  }

  /** @internal */
  setMaxLayer(trackId: string, maxSpatialLayer: number): void {
    for (const track of this.#tracks.values()) track.setMaxLayer(trackId, maxSpatialLayer);
  }

  protected override async establish(transport: Transport, current: () => boolean): Promise<void> {
    const { requester } = this.context;
    const tracks = [...this.#tracks.values()].filter(({ track }) => track.readyState === 'live');
    if (tracks.length === 0)
      throw new PorticoClientError('media_failed', 'The tracks to publish have ended.');
    for (const track of tracks) track.prepare();
    await this.#makeRoomFor(tracks);
    const registered = requester.request(
      'publish',
      {
        id: this.id,
        media: { tracks: tracks.map((track) => track.description()) },
        attributes: this.attributes,
        transport: { type: 'mediasoup' },
      },
      { wanted: current },
    );
    registered.catch(() => undefined); // Each track waits for it, and the engine may fail before they do.
    try {
      // Preparing the tracks overlaps with registering the stream; only then the server takes them.
      await Promise.all(tracks.map((track) => this.#produce(track, transport, registered, current)));
    } catch (error) {
      if (!current()) return;
      for (const track of tracks) track.detach();
      // Nobody waits for a stream that was never announced and will not be completed.
      if (this.pending && !toClientError(error).retryable) void this.#unpublish();
      throw error;
    }
  }

  protected override settled(): void {
    for (const track of this.#tracks.values()) track.resync();
    this.#mixes.online();
  }

  protected override release(): void {
    for (const track of this.#tracks.values()) track.detach();
  }

  async #produce(
    track: PublishedTrack,
    transport: Transport,
    registered: Promise<Answer<'publish'>>,
    current: () => boolean,
  ): Promise<void> {
    let accepted: Promise<unknown> = Promise.resolve();
    const announce = (rtpParameters: RtpParameters): void => {
      accepted = this.#announce({ track, transport, registered, rtpParameters, current });
      accepted.catch(() => undefined); // Awaited below, when the engine has made the producer.
    };
    const producer = await transport.produce<ProduceData>(track.producerOptions(transport, { announce }));
    if (!current()) {
      producer.close();
      return;
    }
    this.#watch(track, producer);
    await accepted;
  }

  async #announce(announcement: Announcement): Promise<void> {
    const { track, transport, registered, rtpParameters, current } = announcement;
    const { requester } = this.context;
    const answer = await registered;
    // A track is produced once: that is for the attempt that overtook this one.
    if (!current()) return;
    const id = answer.tracks.find(({ type }) => type === track.kind)?.id;
    if (id === undefined)
      throw new PorticoClientError('track_not_found', `The stream has no ${track.kind} track.`);
    track.trackId = id;
    const muting = track.muted ? track.tellMuted() : undefined;
    await Promise.all([
      muting,
      requester.request(
        'produce',
        {
          id: this.id,
          track: id,
          transportId: transport.id,
          kind: track.kind,
          rtpParameters,
          paused: track.muted,
        },
        { wanted: current },
      ),
    ]);
  }

  /** A stream keeps its kinds: when a device ended while it was interrupted, it has to start anew. */
  async #makeRoomFor(tracks: PublishedTrack[]): Promise<void> {
    const wanted = tracks.map(({ kind }) => kind).join();
    if (this.#registered !== '' && this.#registered !== wanted) await this.#unpublish();
    this.#registered = wanted;
  }

  #watch(track: PublishedTrack, producer: Producer): void {
    track.attach(producer);
    producer.on('trackended', () => {
      this.emit('trackEnded', { kind: track.kind });
      const alive = [...this.#tracks.values()].some((one) => one.track.readyState === 'live');
      // A device that is gone shows as muted; with the last one the stream is over.
      if (alive) void this.mute(track.kind).catch(() => undefined);
      else void this.#stop('track_ended');
    });
  }

  #track(kind: Kind): PublishedTrack {
    const track = this.#tracks.get(kind);
    if (track !== undefined) return track;
    throw new PorticoClientError('track_not_found', `The publication has no ${kind} track.`, { field: kind });
  }

  async #setMuted(selector: KindSelector, muted: boolean): Promise<void> {
    this.assertOpen();
    const meant = kindsOf(selector).filter((kind) => selector !== 'av' || this.#tracks.has(kind));
    await Promise.all(
      meant.map(async (kind) => {
        const track = this.#track(kind);
        const changed = track.setMuted(muted);
        if (changed) this.emit(muted ? 'mute' : 'unmute', { kind, by: this.context.self });
        // While it is interrupted nobody can be told; it will be published again as it is wanted.
        if (this.state === 'active') await track.sync();
      }),
    );
  }

  async #stop(reason: SessionEndReason): Promise<void> {
    if (this.state === 'ended') return;
    this.end(reason);
    await this.#unpublish();
  }

  async #unpublish(): Promise<void> {
    try {
      await this.context.requester.request('unpublish', { id: this.id });
    } catch (error) {
      this.context.logger.debug('unpublish', { code: toClientError(error).code });
    }
  }
}
