import { Emitter } from './emitter.ts';
import { PorticoClientError, toClientError } from './errors.ts';
import { login } from './login.ts';
import { bothDirections, MediaLink } from './media-link.ts';
import { NotificationLog } from './notification-log.ts';
import { Publication } from './publication.ts';
import { randomId } from './random-id.ts';
import { Sessions } from './sessions.ts';
import { Signaling } from './signaling.ts';
import { Stay } from './stay.ts';
import { collectStats } from './stats.ts';
import { Subscription } from './subscription.ts';
import { endpointFor } from './token.ts';
import { ViewLayout } from './view-layout.ts';
import { mixedStreams, viewOf, viewsToMix } from './views.ts';
import type { Admission, Credential } from './login.ts';
import type { Recording } from './recording.ts';
import type { RemoteParticipant } from './participant.ts';
import type { SessionContext } from './session.ts';
import type { MixedStream, RemoteStream } from './stream.ts';
import type {
  CloseReason,
  ConferenceEvents,
  ConferenceOptions,
  ConferenceState,
  ConferenceStats,
  JoinOptions,
  JoinResult,
  KindSelector,
  LocalMedia,
  LocalParticipant,
  Logger,
  PublishOptions,
  RecordingOptions,
  SubscribeOptions,
} from './types.ts';
import type { Incoming } from './wire.ts';

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** One stay of one participant in one room: join once, leave once. */
export class Conference extends Emitter<ConferenceEvents> {
  readonly #options: ConferenceOptions;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  readonly #sessions = new Sessions();
  readonly #log: NotificationLog;
  #state: ConferenceState = 'idle';
  #signaling: Signaling | undefined;
  #link: MediaLink | undefined;
  #stay: Stay | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: ConferenceOptions = {}) {
    super();
    this.#options = options;
    this.#logger = options.logger ?? silent;
    this.#timeoutMs = options.requestTimeoutMs ?? 10_000;
    this.#log = new NotificationLog(
      (incoming) => {
        this.#deliver(incoming);
      },
      () => {
        this.#signaling?.fillGap();
      },
    );
  }

  get state(): ConferenceState {
    return this.#state;
  }

  /** This participant. @throws PorticoClientError `not_joined` */
  get self(): LocalParticipant {
    return this.#here().self;
  }

  /** Id of the room. @throws PorticoClientError `not_joined` */
  get room(): string {
    return this.#here().room.id;
  }

  /** The others, by id. */
  get participants(): ReadonlyMap<string, RemoteParticipant> {
    return this.#stay?.room.participants ?? new Map<string, RemoteParticipant>();
  }

  /** Streams of the others, and mixed ones, by id. */
  get streams(): ReadonlyMap<string, RemoteStream> {
    return this.#stay?.room.streams ?? new Map<string, RemoteStream>();
  }

  /** Labels of the room's views, each of which is a mixed stream; empty when the room mixes nothing. */
  get views(): string[] {
    return mixedStreams(this.streams).map(({ label }) => label);
  }

  /** What this participant sends, by stream id. */
  get publications(): ReadonlyMap<string, Publication> {
    return this.#sessions.publications;
  }

  /** What this participant receives, by `Subscription.id`. */
  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#sessions.subscriptions;
  }

  /** Recordings that run, by id. */
  get recordings(): ReadonlyMap<string, Recording> {
    return this.#stay?.room.recordings.running ?? new Map<string, Recording>();
  }

  /**
   * Joins the room of the token.
   * @throws PorticoClientError e.g. `token_expired`, `token_used`, `room_full`, `connect_failed`; the conference is
   * `closed` then, and another attempt needs a new object.
   */
  async join(token: string, { room, receiveOnly }: JoinOptions = {}): Promise<JoinResult> {
    return await this.#enter({ kind: 'token', token, room }, receiveOnly);
  }

  /**
   * Comes back as the participant of a ticket (event `ticket`), in a page that knows nothing of the room any more: one
   * that was reloaded. What that participant published or received before is closed at once.
   * @throws PorticoClientError e.g. `ticket_expired`, `ticket_used`, `ticket_revoked`, `connect_failed`; the conference
   * is `closed` then
   */
  async rejoin(ticket: string, { receiveOnly }: Pick<JoinOptions, 'receiveOnly'> = {}): Promise<JoinResult> {
    return await this.#enter({ kind: 'ticket', ticket }, receiveOnly);
  }

  /** Sends tracks to the room; resolves when the server has them all. */
  async publish(media: LocalMedia, options: PublishOptions = {}): Promise<Publication> {
    const { context } = this.#here();
    const publication = new Publication(context, media, options, viewsToMix(this.streams, options.mix));
    if (this.publications.has(publication.id)) {
      throw new PorticoClientError('stream_exists', `Stream '${publication.id}' is published already.`);
    }
    this.#sessions.addPublication(publication);
    await publication.start();
    return publication;
  }

  /**
   * Receives a stream; resolves when media may flow.
   * @throws PorticoClientError `codec_unsupported` when this browser cannot play it; `field` is the codec
   */
  async subscribe(stream: RemoteStream | string, options: SubscribeOptions = {}): Promise<Subscription> {
    const { context } = this.#here();
    const id = typeof stream === 'string' ? stream : stream.id;
    const found = this.streams.get(id);
    if (found === undefined)
      throw new PorticoClientError('stream_not_found', `Stream '${id}' is not in the room.`);
    const subscription = new Subscription(context, found, options);
    this.#sessions.addSubscription(subscription);
    await subscription.start();
    return subscription;
  }

  /** The stream of a view, by its label; default: of the first one. Undefined when there is none. */
  mixedStream(label?: string): MixedStream | undefined {
    return mixedStreams(this.streams).find((stream) => label === undefined || stream.label === label);
  }

  /** What a view shows where, and how to change that; default: the first view. @throws PorticoClientError `not_found` */
  layout(view?: string): ViewLayout {
    const { context } = this.#here();
    return new ViewLayout(context.requester, viewOf(this.streams, view));
  }

  /** Shows somebody's stream in a view; needs the permission `moderate`. For one's own: `Publication.mix`. */
  async mix(streamId: string, view: string): Promise<void> {
    const { requester } = this.#here().context;
    await requester.request('stream-control', { id: streamId, operation: 'mix', data: view });
  }

  /** Takes somebody's stream out of a view; needs the permission `moderate`. */
  async unmix(streamId: string, view: string): Promise<void> {
    const { requester } = this.#here().context;
    await requester.request('stream-control', { id: streamId, operation: 'unmix', data: view });
  }

  /**
   * Has a stream recorded, or the first view of the room; needs the permission `moderate`. Everybody is told.
   * @throws PorticoClientError `forbidden`, `stream_not_found`, `resource_exhausted`
   */
  async startRecording(options: RecordingOptions = {}): Promise<Recording> {
    return await this.#here().record(options);
  }

  /** Sends a message (any JSON) to everybody, oneself included, or to one participant. */
  async send(message: unknown, to?: string): Promise<void> {
    await this.#here().context.requester.request('text', {
      to: to ?? 'all',
      message: message as string,
      id: randomId(),
    });
  }

  /** Removes another participant; needs the permission `moderate`. */
  async drop(participantId: string): Promise<void> {
    await this.#here().context.requester.request('drop', { id: participantId });
  }

  /** Mutes somebody's stream for everybody; needs the permission `moderate`. Only its owner can unmute it. */
  async muteParticipant(streamId: string, kind: KindSelector): Promise<void> {
    const { requester } = this.#here().context;
    await requester.request('stream-control', { id: streamId, operation: 'pause', data: kind });
  }

  /** Statistics of the browser for all sessions, and with `server` those of the server, too. */
  async getStats({ server = false }: { server?: boolean } = {}): Promise<ConferenceStats> {
    return await collectStats(this.#here().context.link, this.#sessions, server);
  }

  /** Leaves; local tracks go on, they belong to the application. Harmless when repeated. */
  async leave(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#state === 'connected') {
      try {
        await this.#signaling?.request('logout', {}, { retry: false, queue: false, timeoutMs: 2000 });
      } catch (error) {
        this.#logger.debug('logout', { code: toClientError(error).code });
      }
    }
    this.#close('left');
  }

  async #enter(credential: Credential, receiveOnly = false): Promise<JoinResult> {
    if (this.#state !== 'idle')
      throw new PorticoClientError('already_joined', 'This conference was joined before.');
    this.#setState('connecting');
    try {
      const [signaling, admission] = await this.#login(credential, receiveOnly);
      // What the answer shows is returned, what is newer comes as events: nothing is told both ways.
      const result = this.#result();
      this.#setState('connected');
      signaling.start(admission);
      this.#log.open(admission.cursor);
      return result;
    } catch (thrown) {
      const error = toClientError(thrown);
      this.#close('join_failed', error);
      throw error;
    }
  }

  async #login(credential: Credential, receiveOnly: boolean): Promise<[Signaling, Admission]> {
    const logger = this.#logger;
    const signaling: Signaling = new Signaling({
      endpoint: endpointFor(credential.kind === 'token' ? credential.token : undefined, this.#options.url),
      timeoutMs: this.#timeoutMs,
      logger,
      log: this.#log,
      held: () => ({ transports: link.held, ...this.#sessions.held }),
      createSocket: this.#options.createSocket,
    });
    this.#signaling = signaling;
    const link: MediaLink = new MediaLink({
      requester: signaling,
      logger,
      iceTransportPolicy: this.#options.iceTransportPolicy,
      engine: this.#options.mediasoup,
      repairMs: this.#options.mediaRepairMs,
    });
    this.#link = link;
    const admission = await login({
      signaling,
      log: this.#log,
      logger,
      credential,
      transports: receiveOnly ? ['recv'] : bothDirections,
      timeoutMs: this.#timeoutMs,
      abandoned: () => this.#state === 'closed',
    });
    const sends = Object.values(admission.permission.publish ?? {}).includes(true) && !receiveOnly;
    await link.open(admission.media, admission.iceServers, sends ? bothDirections : ['recv']);
    this.#attach(admission, signaling, link);
    return [signaling, admission];
  }

  #attach(admission: Admission, signaling: Signaling, link: MediaLink): void {
    const createMediaStream = this.#options.mediasoup?.createMediaStream ?? (() => new MediaStream());
    const context: SessionContext = {
      requester: signaling,
      link,
      logger: this.#logger,
      self: admission.id,
      requestTimeoutMs: this.#timeoutMs,
      createMediaStream,
    };
    const stay = new Stay({
      admission,
      signaling,
      context,
      sessions: this.#sessions,
      emit: (name, event) => {
        this.emit(name, event);
      },
    });
    this.#stay = stay;
    this.#stopWatching = stay.watchPage(this.#options);
    this.#follow(signaling, stay);
  }

  #follow(signaling: Signaling, stay: Stay): void {
    signaling.on('away', () => {
      this.#setState('reconnecting');
    });
    signaling.on('back', (answer) => {
      stay.back(answer);
      if (this.#state !== 'connected') this.#setState('connected');
      if (answer.room !== undefined) this.#deliver({ notification: { name: 'room', data: answer.room } });
    });
    signaling.on('over', ({ reason, error }) => {
      this.#close(reason, error);
    });
    signaling.on('dropped', ({ reason }) => {
      // One that was replaced lives on elsewhere: nobody removed it.
      if (reason !== 'replaced') this.emit('dropped', { reason });
      this.#close(reason);
    });
    signaling.on('ticket', (ticket) => {
      this.emit('ticket', ticket);
    });
  }

  #result(): JoinResult {
    const { self, room } = this.#here();
    return {
      self,
      room: room.id,
      participants: [...room.participants.values()],
      streams: [...room.streams.values()],
    };
  }

  #here(): Stay {
    if (this.#stay !== undefined && this.#state !== 'closed') return this.#stay;
    if (this.#state === 'closed') throw new PorticoClientError('ended', 'The conference is over.');
    throw new PorticoClientError('not_joined', 'Join the conference first.');
  }

  #deliver({ notification, position }: Incoming): void {
    // A listener may have ended it in the middle of several notifications.
    if (this.#state === 'closed') return;
    this.#stay?.deliver(notification);
    if (position !== undefined) this.#signaling?.delivered();
  }

  #close(reason: CloseReason, error?: PorticoClientError): void {
    if (this.#state === 'closed') return;
    this.#stopWatching?.();
    this.#setState('closed');
    this.#sessions.endAll(reason === 'dropped' || reason === 'room_closed' ? reason : 'closed');
    this.#link?.close();
    this.#signaling?.close();
    this.emit('closed', error === undefined ? { reason } : { reason, error });
  }

  #setState(state: ConferenceState): void {
    const previous = this.#state;
    this.#state = state;
    this.emit('state', { state, previous });
  }
}
