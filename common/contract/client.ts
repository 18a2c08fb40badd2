import { z } from 'zod';
import { Container } from './egress.ts';
import {
  ConsumerId,
  EgressId,
  ParticipantId,
  ProducerId,
  RoomId,
  StreamId,
  SubscriptionId,
  TrackId,
  TransportId,
} from './ids.ts';
import {
  Attributes,
  Connection,
  DtlsParameters,
  IceParameters,
  IceServer,
  Kind,
  KindSelector,
  ParticipantInfo,
  Permission,
  RtpCapabilities,
  RtpParameters,
  StreamInfo,
  TrackSource,
  TransportOptions,
  VideoParameters,
} from './media.ts';
import { Layout, LayoutChange, LayoutMode } from './layout.ts';
import { SessionEndReason, LeaveReason } from './reasons.ts';
import { ViewLabel } from './room-settings.ts';
import { method } from './rpc.ts';
import type { Input, Output } from './rpc.ts';

/*
 * Client <-> portal over Socket.IO. A request is an event with one argument and an acknowledgement
 * `('ok', output)` or `('error', error)`: an object `{code, message, field?, retryAfterMs?}` for protocol `portico/1`,
 * a plain sentence for OWT protocols 1.0, 1.1 and 1.2. Objects are strict: an unknown top-level key is refused.
 */

export const Protocol = z.enum(['portico/1', '1.2', '1.1', '1.0']);
export type Protocol = z.infer<typeof Protocol>;

export const UserAgent = z.looseObject({
  sdk: z.looseObject({ type: z.string().max(100), version: z.string().max(50) }),
});

/** `send`: from the client; `recv`: to the client. */
export const Direction = z.enum(['send', 'recv']);
export type Direction = z.infer<typeof Direction>;

/** What a native client needs to start with mediasoup-client: router capabilities and, when asked, both transports. */
export const MediaAccess = z.object({
  rtpCapabilities: RtpCapabilities,
  transports: z.object({ send: TransportOptions.optional(), recv: TransportOptions.optional() }),
});
export type MediaAccess = z.infer<typeof MediaAccess>;

/** A recording that runs, as everybody in the room sees it. */
export const RecordingInfo = z.object({
  id: EgressId,
  /** Streams that are recorded. */
  streams: z.array(StreamId).max(2),
  /** ms since 1970. */
  startedAt: z.number(),
  status: z.enum(['active', 'paused', 'interrupted']),
});
export type RecordingInfo = z.infer<typeof RecordingInfo>;

export const RoomSnapshot = z.object({
  id: RoomId,
  views: z.array(z.string()),
  participants: z.array(ParticipantInfo),
  streams: z.array(StreamInfo),
  /** Recordings that run. */
  recordings: z.array(RecordingInfo),
});
export type RoomSnapshot = z.infer<typeof RoomSnapshot>;

/** Position in the room's log: compared as (epoch, seq). */
export const Cursor = z.object({ epoch: z.number(), seq: z.number().int() });
export type Cursor = z.infer<typeof Cursor>;

/** A reconnection ticket: base64 of JSON (OWT 2.1), signed by the cluster. Clients read nothing of it but `notAfter` (ms). */
export const TicketText = z.string().min(16).max(16_384);

/** What a client still has of its media when it comes back; the room closes the rest (`client_restarted`). */
export const Held = z.strictObject({
  transports: z.array(TransportId).max(2),
  publications: z.array(StreamId).max(200),
  subscriptions: z.array(SubscriptionId).max(2_000),
});
export type Held = z.infer<typeof Held>;

/**
 * How a client that came back learns what it missed. `replay`: as the notifications that it missed, in order. `snapshot`:
 * they are no longer there; the texts that are left, then `room`. `fresh`: it held nothing, the answer shows the room.
 */
export const Resume = z.enum(['replay', 'snapshot', 'fresh']);
export type Resume = z.infer<typeof Resume>;

const PublishTrack = z.strictObject({
  type: Kind,
  source: TrackSource.optional(),
  mid: z.string().max(32).optional(),
  /** What the device delivers; lets subscribers ask for a resolution. */
  parameters: VideoParameters.optional(),
});

const SubscribeTrack = z.strictObject({
  type: Kind,
  /** Stream id (its track of that type) or track id. */
  from: z.union([StreamId, TrackId]),
  mid: z.string().max(32).optional(),
  parameters: VideoParameters.optional(),
});

const onePerKind = <T extends { type: Kind }>(tracks: T[]) =>
  new Set(tracks.map((track) => track.type)).size === tracks.length;

/** `mediasoup`: native (ORTC) negotiation with produce and consume. `webrtc`: SDP offered in `soac` (OWT 3). */
const SessionTransport = z.strictObject({
  type: z.enum(['mediasoup', 'webrtc']),
  id: z.string().max(64).optional(),
});

const Nothing = z.union([z.undefined(), z.null(), z.strictObject({})]).transform(() => ({}));
const Done = z.object({});

export const clientContract = {
  login: method(
    'Joins the room of a token. With `transports` the answer already holds the WebRTC transports.',
    z.strictObject({
      token: z.string().min(1).max(16_384),
      protocol: Protocol,
      userAgent: UserAgent,
      /** Made by the client: the same token with the same id within 30 s gives the first result again. */
      requestId: z.string().min(8).max(64).optional(),
      /** The room the client believes to join; another room's token is refused. */
      room: RoomId.optional(),
      transports: z.array(Direction).max(2).optional(),
      reconnection: z.looseObject({}).optional(),
    }),
    z.object({
      id: ParticipantId,
      user: z.string(),
      role: z.string(),
      permission: Permission,
      room: RoomSnapshot,
      iceServers: z.array(IceServer),
      cursor: Cursor,
      media: MediaAccess.optional(),
      /** To come back with after the connection broke; absent when the server keeps nobody's place. */
      ticket: TicketText.optional(),
      /** URLs of all portals of the deployment: any of them takes the client back. */
      portals: z.array(z.string()),
    }),
  ),
  relogin: method(
    'Comes back after the connection broke, on any portal. OWT clients send the ticket alone and get a ticket alone (OWT 2.4).',
    z.union([
      TicketText,
      z.strictObject({
        ticket: TicketText,
        userAgent: UserAgent.optional(),
        /** Last notification that the client has; absent: it knows nothing of the room any more. */
        cursor: Cursor.optional(),
        /** Absent: it has no media any more. */
        held: Held.optional(),
        /** Transports to make when it has none. */
        transports: z.array(Direction).max(2).optional(),
      }),
    ]),
    z.object({
      id: ParticipantId,
      user: z.string(),
      role: z.string(),
      permission: Permission,
      resume: Resume,
      /** With `fresh`. */
      room: RoomSnapshot.optional(),
      /** What the client knows when it has this answer; later notifications follow. */
      cursor: Cursor,
      /** Publications and subscriptions that the room has of this client; what it held besides is gone. */
      sessions: z.object({ publications: z.array(StreamId), subscriptions: z.array(SubscriptionId) }),
      media: MediaAccess.optional(),
      iceServers: z.array(IceServer),
      ticket: TicketText,
      portals: z.array(z.string()),
    }),
  ),
  refreshReconnectionTicket: method(
    'A new ticket with a full life; the old one is good until this one is used (OWT 2.2: the ticket alone).',
    Nothing,
    z.object({ ticket: TicketText }),
  ),
  ack: method(
    'Says how far the client has got: cumulative, without answer. What is acknowledged is not kept any longer.',
    Cursor.strict(),
    Done,
  ),
  resync: method(
    'Asks for everything after a position once more: a notification is missing.',
    z.strictObject({ cursor: Cursor }),
    z.object({ resume: Resume }),
  ),
  logout: method(
    'Leaves the room at once, or unless it comes back within `returnWithinMs` (a page that is reloaded).',
    z.union([Nothing, z.strictObject({ returnWithinMs: z.number().int().min(0).max(60_000) })]),
    Done,
  ),
  publish: method(
    'Registers a stream. Native clients then `produce` each of its tracks; the room announces the stream when all are there.',
    z.strictObject({
      /** Chosen by the client to make retries safe and to publish again under the same id. */
      id: StreamId.optional(),
      media: z.strictObject({
        tracks: z
          .array(PublishTrack)
          .min(1)
          .max(2)
          .refine(onePerKind, 'at most one audio and one video track'),
      }),
      attributes: Attributes.optional(),
      transport: SessionTransport,
    }),
    z.object({
      id: StreamId,
      transportId: z.string(),
      tracks: z.array(z.object({ id: TrackId, type: Kind })),
    }),
  ),
  unpublish: method('Ends a stream of this participant.', z.strictObject({ id: StreamId }), Done),
  subscribe: method(
    'Registers a subscription. Native clients then `consume` each of its tracks and `resume`.',
    z.strictObject({
      id: SubscriptionId.optional(),
      media: z.strictObject({
        tracks: z
          .array(SubscribeTrack)
          .min(1)
          .max(2)
          .refine(onePerKind, 'at most one audio and one video track'),
      }),
      transport: SessionTransport,
    }),
    z.object({
      id: SubscriptionId,
      transportId: z.string(),
      tracks: z.array(z.object({ id: TrackId, type: Kind, stream: StreamId })),
    }),
  ),
  unsubscribe: method('Ends a subscription.', z.strictObject({ id: SubscriptionId }), Done),
  'stream-control': method(
    'Mutes (`pause`) or unmutes (`play`) tracks of a stream for everybody: owner, or a moderator (pause only). `mix` and `unmix` put a stream into a view or take it out; `get-region` and `set-region` ask and say where it is shown (OWT 3.4): owner or moderator. `set-layout`, of a mixed stream: what is shown where; moderators.',
    z.discriminatedUnion('operation', [
      z.strictObject({ id: StreamId, operation: z.enum(['pause', 'play']), data: KindSelector }),
      z.strictObject({ id: StreamId, operation: z.enum(['mix', 'unmix', 'get-region']), data: ViewLabel }),
      z.strictObject({
        id: StreamId,
        operation: z.literal('set-region'),
        data: z.strictObject({ view: ViewLabel, region: z.string().min(1).max(50) }),
      }),
      z.strictObject({ id: StreamId, operation: z.literal('set-layout'), data: LayoutChange }),
    ]),
    z.object({
      /** With `get-region`: id of the region; absent when it is not shown right now. */
      region: z.string().optional(),
    }),
  ),
  'subscription-control': method(
    'Pauses or resumes what this subscription receives, or asks for other video parameters.',
    z.discriminatedUnion('operation', [
      z.strictObject({ id: SubscriptionId, operation: z.enum(['pause', 'play']), data: KindSelector }),
      z.strictObject({
        id: SubscriptionId,
        operation: z.literal('update'),
        data: z.strictObject({
          audio: z.strictObject({ from: z.union([StreamId, TrackId]) }).optional(),
          video: z
            .strictObject({
              from: z.union([StreamId, TrackId]).optional(),
              parameters: VideoParameters.optional(),
            })
            .optional(),
        }),
      }),
    ]),
    Done,
  ),
  'start-recording': method(
    'Begins to record a view or a stream; moderators. Everybody is told.',
    z.strictObject({
      /** Id of a forward or mixed stream; absent: the first view of the room. */
      stream: StreamId.optional(),
      container: Container.optional(),
      /** Chosen by the client: a retry with the same id begins one recording. */
      requestId: z.string().min(8).max(64).optional(),
    }),
    z.object({ recording: RecordingInfo }),
  ),
  'control-recording': method(
    'Pauses (silence, the last picture), resumes or ends a recording; moderators.',
    z.strictObject({ id: EgressId, operation: z.enum(['pause', 'play', 'stop']) }),
    Done,
  ),
  text: method(
    'Sends a message to everybody (`all`, the sender included) or to one participant.',
    z.strictObject({
      to: z.union([z.literal('all'), ParticipantId]),
      message: z.union([
        z.string(),
        z.number(),
        z.boolean(),
        z.null(),
        z.array(z.json()),
        z.record(z.string(), z.json()),
      ]),
      /** Chosen by the client: a retry with the same id is delivered once. */
      id: z.string().min(1).max(64).optional(),
    }),
    Done,
  ),
  drop: method('Removes another participant; needs `moderate`.', z.strictObject({ id: ParticipantId }), Done),
  getRouterRtpCapabilities: method(
    'Codecs and header extensions of the router this participant uses (mediasoup-client `Device.load`).',
    Nothing,
    z.object({ rtpCapabilities: RtpCapabilities }),
  ),
  createWebRtcTransport: method(
    'Creates the sending or receiving transport, or returns a fresh one after the old was lost.',
    z.strictObject({ direction: Direction }),
    z.object({
      transport: TransportOptions,
      rtpCapabilities: RtpCapabilities,
      iceServers: z.array(IceServer),
    }),
  ),
  connectTransport: method(
    'Hands over the DTLS parameters of the client. Repeating it with the same parameters is harmless.',
    z.strictObject({ transportId: TransportId, dtlsParameters: DtlsParameters }),
    Done,
  ),
  produce: method(
    'Starts sending one track of a registered stream. Repeating it returns the same producer.',
    z.strictObject({
      id: StreamId,
      track: TrackId,
      transportId: TransportId,
      kind: Kind,
      rtpParameters: RtpParameters,
      paused: z.boolean().optional(),
    }),
    z.object({ id: ProducerId }),
  ),
  consume: method(
    'Starts receiving one track of a registered subscription; the consumer starts paused.',
    z.strictObject({
      id: SubscriptionId,
      track: TrackId,
      transportId: TransportId,
      rtpCapabilities: RtpCapabilities,
    }),
    z.object({
      id: ConsumerId,
      producerId: ProducerId,
      kind: Kind,
      rtpParameters: RtpParameters,
      producerPaused: z.boolean(),
      type: z.enum(['simple', 'simulcast', 'svc', 'pipe']),
    }),
  ),
  resume: method(
    'Lets media flow to a consumed subscription (all its tracks); asks the sender for a key frame.',
    z.strictObject({ id: SubscriptionId }),
    Done,
  ),
  setLayers: method(
    'Chooses the highest simulcast or SVC layers to receive (spatial 0 is the smallest).',
    z.strictObject({
      id: SubscriptionId,
      spatialLayer: z.number().int().min(0).max(7),
      temporalLayer: z.number().int().min(0).max(7).optional(),
    }),
    Done,
  ),
  restartIce: method(
    'New ICE credentials for a transport whose network path changed; streams stay as they are.',
    z.strictObject({ transportId: TransportId }),
    z.object({ iceParameters: IceParameters, iceServers: z.array(IceServer) }),
  ),
  getStats: method(
    'Server-side statistics of a stream of this participant or of one of its subscriptions (mediasoup stats).',
    z.strictObject({ id: z.union([StreamId, SubscriptionId]) }),
    z.object({ stats: z.array(z.looseObject({})) }),
  ),
} as const;
export type ClientContract = typeof clientContract;
export type ClientMethod = keyof ClientContract;
export type ClientInput<M extends ClientMethod> = Input<ClientContract, M>;
export type ClientOutput<M extends ClientMethod> = Output<ClientContract, M>;

/*
 * Notifications. `logged` ones are numbered by the room's owner: native clients receive them as
 * `(payload, {epoch, seq, prev})`, `prev` being the seq of the previous one meant for them.
 */
export const Participant = z.discriminatedUnion('action', [
  z.object({ action: z.literal('join'), data: ParticipantInfo }),
  /** `lost`: its connection broke, it may come back; its media may go on. */
  z.object({ action: z.literal('connection'), data: ParticipantId, connection: Connection }),
  z.object({ action: z.literal('leave'), data: ParticipantId, reason: LeaveReason }),
]);

export const StreamUpdate = z.discriminatedUnion('field', [
  z.object({
    field: z.enum(['audio.status', 'video.status']),
    value: z.enum(['active', 'inactive']),
    /** Who did it; absent when the room did. */
    by: ParticipantId.optional(),
  }),
  z.object({ field: z.literal('status'), value: z.enum(['active', 'interrupted']) }),
  /** Of a forward stream: the views that it is mixed into. */
  z.object({ field: z.literal('inViews'), value: z.array(z.string()) }),
  /** Of a mixed stream (OWT 4): what it shows where, and the stream of whoever speaks now or spoke last. */
  z.object({ field: z.literal('video.layout'), value: Layout }),
  z.object({ field: z.literal('activeInput'), value: z.string() }),
  /** What decides about its regions. OWT does not tell that. */
  z.object({ field: z.literal('layoutMode'), value: LayoutMode }),
  z.object({ field: z.literal('.'), value: StreamInfo }),
]);
export type StreamUpdate = z.infer<typeof StreamUpdate>;

export const clientNotifications = {
  participant: {
    logged: true,
    summary: 'Somebody joined or left, or lost or regained the connection.',
    payload: Participant,
  },
  stream: {
    logged: true,
    summary: 'A stream was added, removed or changed.',
    payload: z.discriminatedUnion('status', [
      z.object({ id: StreamId, status: z.literal('add'), data: StreamInfo }),
      z.object({ id: StreamId, status: z.literal('remove'), reason: SessionEndReason.optional() }),
      z.object({ id: StreamId, status: z.literal('update'), data: StreamUpdate }),
    ]),
  },
  recording: {
    logged: true,
    summary: 'A recording began, changed or is over.',
    payload: z.discriminatedUnion('status', [
      z.object({ status: z.literal('started'), data: RecordingInfo }),
      z.object({ status: z.literal('changed'), data: RecordingInfo }),
      z.object({ status: z.literal('ended'), id: EgressId, reason: z.string() }),
    ]),
  },
  text: {
    logged: true,
    summary: 'A message for everybody or for this participant.',
    payload: z.object({
      from: ParticipantId,
      to: z.enum(['all', 'me']),
      message: z.json(),
      id: z.string().optional(),
    }),
  },
  progress: {
    logged: true,
    summary: 'A publication or subscription of this participant became ready or ended.',
    payload: z.object({
      id: z.string(),
      sessionId: z.string(),
      status: z.enum(['ready', 'error']),
      data: z.union([z.string(), z.object({ reason: SessionEndReason, transports: z.boolean() })]).optional(),
    }),
  },
  room: {
    logged: true,
    summary:
      'The whole state of the room, after its owner changed; the difference to what is known counts as events.',
    payload: RoomSnapshot,
  },
  speaking: {
    logged: false,
    summary: 'Who is speaking now (all of them), and the dominant speaker; sent when it changes.',
    payload: z.object({ participants: z.array(ParticipantId), dominant: ParticipantId.nullable() }),
  },
  layers: {
    logged: false,
    summary:
      'Highest simulcast layer anybody receives of a track of this participant; -1: nobody receives it.',
    payload: z.object({ id: StreamId, track: TrackId, maxSpatialLayer: z.number().int().min(-1).max(7) }),
  },
  quality: {
    logged: false,
    summary:
      'Quality of what this participant sends (`stream`) or receives (`subscription`): 0 worst, 10 best.',
    payload: z.object({
      id: z.union([StreamId, SubscriptionId]),
      track: TrackId,
      score: z.number().int().min(0).max(10),
      layers: z.object({ spatial: z.number().int(), temporal: z.number().int() }).optional(),
    }),
  },
  permission: {
    logged: false,
    summary:
      'What this participant may do has changed. What it may no longer send or receive has ended by then, or is muted.',
    payload: z.object({ permission: Permission }),
  },
  portals: {
    logged: false,
    summary: 'The portals of the deployment have changed; `move`: this one is about to end, go to another.',
    payload: z.object({ portals: z.array(z.string()), move: z.boolean() }),
  },
  drop: {
    logged: false,
    summary:
      'The participant is removed; the connection closes next. OWT clients receive it without payload.',
    payload: z
      .object({
        reason: z.enum([
          'dropped',
          'room_closed',
          'login_timeout',
          'shutdown',
          'abuse',
          'replaced', // the same participant has come back on another connection
          'reconnect_timeout',
        ]),
      })
      .optional(),
  },
} as const;
export type ClientNotifications = typeof clientNotifications;
export type NotificationName = keyof ClientNotifications;
export type NotificationPayload<N extends NotificationName> = z.output<ClientNotifications[N]['payload']>;

/** One notification, name and payload together. */
export type Notification = {
  [N in NotificationName]: { name: N; data: NotificationPayload<N> };
}[NotificationName];

export const Notification = z.discriminatedUnion('name', [
  z.object({ name: z.literal('participant'), data: clientNotifications.participant.payload }),
  z.object({ name: z.literal('stream'), data: clientNotifications.stream.payload }),
  z.object({ name: z.literal('recording'), data: clientNotifications.recording.payload }),
  z.object({ name: z.literal('text'), data: clientNotifications.text.payload }),
  z.object({ name: z.literal('progress'), data: clientNotifications.progress.payload }),
  z.object({ name: z.literal('room'), data: clientNotifications.room.payload }),
  z.object({ name: z.literal('speaking'), data: clientNotifications.speaking.payload }),
  z.object({ name: z.literal('layers'), data: clientNotifications.layers.payload }),
  z.object({ name: z.literal('quality'), data: clientNotifications.quality.payload }),
  z.object({ name: z.literal('permission'), data: clientNotifications.permission.payload }),
  z.object({ name: z.literal('portals'), data: clientNotifications.portals.payload }),
  z.object({ name: z.literal('drop'), data: clientNotifications.drop.payload }),
]);
