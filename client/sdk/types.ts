/// <reference lib="dom" />
import type { BuiltinHandlerName, Device, HandlerFactory } from './engine.ts';
import type { PorticoClientError } from './errors.ts';
import type { Layout } from './layout-types.ts';
import type { Publication } from './publication.ts';
import type { Recording } from './recording.ts';
import type { RemoteParticipant } from './participant.ts';
import type { SocketLike } from './socket.ts';
import type { RemoteStream } from './stream.ts';
import type { Subscription } from './subscription.ts';

export type Kind = 'audio' | 'video';

/** Which tracks an operation means; `av` is both. */
export type KindSelector = Kind | 'av';

/** Where a track comes from. `screen-cast` is a shared screen or its sound. */
export type TrackSource = 'mic' | 'camera' | 'screen-cast' | 'file' | 'raw-file' | 'encoded-file' | 'mixed';

/** A flat, small JSON object that an application attaches to a stream or a participant. */
export type Attributes = Record<string, string | number | boolean | null>;

/** Video as a subscriber asks for it. Pixels, frames per second, kbit/s. */
export interface VideoParameters {
  resolution?: { width: number; height: number };
  framerate?: number;
  bitrate?: number | string;
  keyFrameInterval?: number;
}

export interface Permission {
  publish?: { audio?: boolean; video?: boolean };
  subscribe?: { audio?: boolean; video?: boolean };
  /** May mute and remove others. */
  moderate?: boolean;
}

/** Codec of a track: `opus`, `vp8`, `vp9`, `h264` with its profile, `av1`. */
export interface Format {
  codec: string;
  profile?: string;
  sampleRate?: number;
  channelNum?: number;
}

/** A track of a stream of somebody else. */
export interface RemoteTrack {
  readonly id: string;
  readonly kind: Kind;
  readonly source?: TrackSource;
  /** Muted by its owner or by a moderator. */
  readonly muted: boolean;
  readonly format: Format;
  readonly parameters?: VideoParameters;
  /** Counts of simulcast or SVC layers; absent when there is but one. */
  readonly layers?: { spatial: number; temporal: number; type: 'simulcast' | 'svc' };
}

/** This participant. */
export interface LocalParticipant {
  readonly id: string;
  readonly user: string;
  readonly role: string;
  readonly permission: Permission;
}

export interface JoinResult {
  self: LocalParticipant;
  room: string;
  /** The others. */
  participants: RemoteParticipant[];
  /** Streams of the others, and mixed ones. */
  streams: RemoteStream[];
}

/** `reconnecting`: the connection to the server broke and is being made again; media goes on as far as it can. */
export type ConferenceState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

/**
 * `active`: media flows (or is paused on purpose); `interrupted`: the server lost it and it is being
 * restored; `ended`: it does not come back.
 */
export type SessionState = 'active' | 'interrupted' | 'ended';

/** Why a participant left. */
export type LeaveReason =
  | 'left'
  | 'disconnected'
  /** Its connection broke, and it did not come back in time. */
  | 'reconnect_timeout'
  | 'dropped'
  | 'join_failed'
  | 'portal_lost'
  | 'room_closed'
  | 'shutdown';

/** Of a participant with the server; `lost` while its place is kept for it. */
export type ParticipantConnection = 'ok' | 'lost';

/** Why a publication or subscription ended or was interrupted. */
export type SessionEndReason =
  | 'closed'
  | 'participant_left'
  | 'source_ended'
  | 'source_interrupted'
  | 'worker_died'
  | 'agent_lost'
  | 'transport_closed'
  | 'track_ended'
  | 'permission_revoked'
  | 'dropped'
  | 'room_closed'
  | 'shutdown'
  | 'orphaned'
  | 'client_restarted'
  /** The SDK gave up restoring it; `error` says why. */
  | 'failed';

/** Why the server removed this participant. */
export type DropReason =
  'dropped' | 'room_closed' | 'login_timeout' | 'shutdown' | 'abuse' | 'reconnect_timeout';

/** Why a conference is over for this participant. */
export type CloseReason =
  | DropReason
  | 'left'
  | 'join_failed'
  /** The connection broke, and the server keeps nobody's place. */
  | 'disconnected'
  /** The connection broke, and there was no way back: `error` says why. */
  | 'reconnect_failed'
  /** The same participant has come back elsewhere, perhaps in another tab with a copy of the ticket. */
  | 'replaced';

/** Quality of a track: 0 worst, 10 best; `layers` are those received now. */
export interface Quality {
  track: string;
  score: number;
  layers?: { spatial: number; temporal: number };
}

/** Of a recording. */
export type RecordingStatus = 'active' | 'paused' | 'interrupted' | 'ended';

/** Why a recording is over. */
export type RecordingEndReason =
  | 'stopped'
  /** All that it received is gone. */
  | 'source_ended'
  | 'room_closed'
  | 'failed'
  /** The room has no more space. */
  | 'quota'
  | 'disk_full'
  | 'shutdown'
  | 'orphaned'
  | 'crashed';

export interface RecordingOptions {
  /** Id of a stream of somebody or of a mixed one; default: the first view of the room. */
  stream?: string;
  /** Kind of file; default `auto`: whichever takes the media as they are. */
  container?: 'mkv' | 'webm' | 'mp4' | 'ts' | 'auto';
}

export interface RecordingEvents {
  status: { status: RecordingStatus };
  ended: { reason?: RecordingEndReason };
}

export interface ConferenceEvents {
  state: { state: ConferenceState; previous: ConferenceState };
  participantJoined: { participant: RemoteParticipant };
  /** `connection`: it lost its connection to the server, or has it again; see `participant.connection`. */
  participantUpdated: { participant: RemoteParticipant; change: 'connection' };
  participantLeft: { participant: RemoteParticipant; reason: LeaveReason };
  streamAdded: { stream: RemoteStream };
  streamRemoved: { stream: RemoteStream; reason?: SessionEndReason };
  /**
   * `muted`, `unmuted`: of its track `kind`, done by the participant `by` (absent: by the room);
   * `status`: it was interrupted or is back; `views`: it is mixed into other views; `layout`, `activeInput`: of a mixed
   * stream, likewise its own events; `info`: its tracks or attributes changed.
   */
  streamUpdated: {
    stream: RemoteStream;
    change: 'muted' | 'unmuted' | 'status' | 'views' | 'layout' | 'activeInput' | 'info';
    kind?: Kind;
    by?: string;
  };
  /** The room, or a stream in it, is being recorded from now on, whoever began it. */
  recordingStarted: { recording: Recording };
  /** It was paused, interrupted, or goes on; or records another stream. */
  recordingUpdated: { recording: Recording };
  /** `reason` is absent when the end was missed while the connection was broken. */
  recordingEnded: { recording: Recording; reason?: RecordingEndReason };
  /** A message; those to everybody (`to: 'all'`) come back to their sender too. */
  text: { from: string; to: 'all' | 'me'; message: unknown; id?: string };
  /** Ids of those who speak now, loudest first, and of the dominant speaker. */
  speaking: { participants: string[]; dominant: string | null };
  /** What this participant may do was changed, see `self.permission`; what it may not do any more has ended. */
  permission: { permission: Permission };
  /** The server removed this participant; `closed` follows. */
  dropped: { reason: DropReason };
  /**
   * There is a new reconnection ticket. It brings this participant back by `rejoin`, also in a page that was reloaded;
   * `notAfter`: until when, ms since 1970 by the server's clock. Keep it like a password.
   */
  ticket: { ticket: string; notAfter: number };
  closed: { reason: CloseReason; error?: PorticoClientError };
}

export interface PublicationEvents {
  state: { state: SessionState; previous: SessionState };
  /** `by`: id of the participant who did it, oneself included. */
  mute: { kind: Kind; by?: string };
  unmute: { kind: Kind; by?: string };
  interrupted: { reason: SessionEndReason };
  resumed: Record<string, never>;
  ended: { reason: SessionEndReason; error?: PorticoClientError };
  /** The device behind a track stopped: unplugged, or sharing was ended in the browser's own bar. */
  trackEnded: { kind: Kind };
  /** Labels of the views that it is mixed into now, whoever did it. */
  views: { views: string[] };
  /** It could not be mixed into a view that `PublishOptions.mix` names. */
  mixFailed: { view: string; error: PorticoClientError };
  quality: Quality;
}

export interface MixedStreamEvents {
  /** What is shown where, or what decides about that (`template`, `followsSpeaker`), has changed. */
  layout: { layout: Layout };
  /** Somebody else speaks: id of the stream. */
  activeInput: { activeInput: string | null };
}

export interface SubscriptionEvents {
  state: { state: SessionState; previous: SessionState };
  interrupted: { reason: SessionEndReason };
  resumed: Record<string, never>;
  ended: { reason: SessionEndReason; error?: PorticoClientError };
  /** A track was put into `mediaStream`, the first one or its replacement. */
  track: { kind: Kind; track: MediaStreamTrack };
  /** The browser refuses to play sound before the person touches the page: call `element.play()` in a click. */
  playbackBlocked: { element: HTMLMediaElement };
  quality: Quality;
}

export type VideoCodec = 'vp8' | 'vp9' | 'h264' | 'av1';

export interface VideoPublishOptions {
  /** Default `vp8`. */
  codec?: VideoCodec;
  /** Several sizes at once (or SVC layers with VP9 and AV1). Default: true for cameras, false for screens. */
  simulcast?: boolean;
  /** bit/s of the largest layer; default by the size of the picture. */
  maxBitrate?: number;
  /** Frames per second; default 30, shared screens 15. */
  maxFramerate?: number;
  /** W3C scalability mode for VP9 and AV1, instead of the default. */
  scalabilityMode?: string;
}

export interface AudioPublishOptions {
  /** Send almost nothing during silence. Default true. */
  dtx?: boolean;
  /** Forward error correction. Default true. */
  fec?: boolean;
  /** Default false; true suits music and shared sound. */
  stereo?: boolean;
  /** bit/s; default: the browser's choice. */
  maxBitrate?: number;
}

/** A `MediaStream`, or just its tracks. */
export type LocalMedia = MediaStream | { audio?: MediaStreamTrack; video?: MediaStreamTrack };

export interface PublishOptions {
  /** Stream id; made at random when absent. */
  id?: string;
  /** Default: `mic` and `camera`. */
  source?: { audio?: TrackSource; video?: TrackSource };
  attributes?: Attributes;
  video?: VideoPublishOptions;
  audio?: AudioPublishOptions;
  /** Publish with these tracks muted. */
  muted?: { audio?: boolean; video?: boolean };
  /** Views to mix it into as soon as it is there, by label; true: all views of the room. */
  mix?: boolean | readonly string[];
}

export interface SubscribeOptions {
  /** true: the stream's audio; a track id: this one; default: if there is one. */
  audio?: boolean | string;
  /** true: the stream's video; a track id: this one; an object: in about this size; default: if there is one. */
  video?: boolean | string | (VideoParameters & { track?: string });
}

/** Layers to receive: spatial 0 is the smallest picture. */
export interface Layers {
  spatial: number;
  temporal?: number;
}

/** Browser statistics of one session, by track. */
export interface SessionStats {
  audio?: RTCStatsReport;
  video?: RTCStatsReport;
}

export interface ConferenceStats {
  transports: { send?: RTCStatsReport; recv?: RTCStatsReport };
  publications: Map<string, SessionStats>;
  subscriptions: Map<string, SessionStats>;
  /** Statistics of the server (mediasoup's) by id of publication or subscription; only when asked for. */
  server?: Map<string, Record<string, unknown>[]>;
}

/** Where the SDK writes what it does; `console` fits. */
export interface Logger {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
}

/** For runtimes that are not browsers, and for tests. */
export interface EngineOptions {
  /** Name of one of mediasoup-client's handlers; default: detected from the browser. */
  handlerName?: BuiltinHandlerName;
  handlerFactory?: HandlerFactory;
  createDevice?: () => Device | Promise<Device>;
  createMediaStream?: () => MediaStream;
}

export interface JoinOptions {
  /** The room one believes to join: a token of another one is refused. */
  room?: string;
  /** Will publish nothing: saves a transport. */
  receiveOnly?: boolean;
}

export interface ConferenceOptions {
  /** Where the server is. Default: the token's host, or the page's origin when the token names none. */
  url?: string;
  /** `relay`: through TURN servers only. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** How long a request may take with its retries. Default 10,000 ms. */
  requestTimeoutMs?: number;
  /**
   * Tell the server when the page goes away, so that others need not wait for somebody who closed the tab: unless the
   * page is back within 5 s, the participant leaves. Default true.
   */
  leaveOnPageHide?: boolean;
  /** How long a broken network path of media may take to be repaired while signalling works. Default 60,000 ms. */
  mediaRepairMs?: number;
  logger?: Logger;
  mediasoup?: EngineOptions;
  /** Default: a Socket.IO connection. */
  createSocket?: (endpoint: { origin: string; path: string }) => SocketLike;
}

export type { Publication, RemoteParticipant, RemoteStream, Subscription };
