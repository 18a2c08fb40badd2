import { z } from 'zod';
import { Owner } from './cluster.ts';
import { EgressAudio, EgressOrigin, EgressSpec, EgressState, EgressTarget, EgressVideo } from './egress.ts';
import { IngressSpec, IngressState } from './ingress.ts';
import { EgressEndReason } from './mixing.ts';
import {
  EgressId,
  MemberId,
  ParticipantId,
  RoomId,
  StreamId,
  SubscriptionId,
  TokenId,
  TrackId,
} from './ids.ts';
import { LayoutChange } from './layout.ts';
import {
  Attributes,
  Connection,
  Format,
  Kind,
  MixedStreamInfo,
  Permission,
  StreamInfo,
  TrackStatus,
} from './media.ts';
import { LeaveReason, SessionEndReason } from './reasons.ts';
import { StoredRoom, ViewLabel } from './room-settings.ts';
import { method } from './rpc.ts';

const Done = z.object({});

/**
 * Tokens that join nobody any more, and tickets of whoever joined with them: one token, all of a user (in a room or
 * everywhere), or all of a room. Those of users and rooms mean tokens issued until then.
 */
export const Revocation = z.object({
  id: z.string(),
  /** Only tokens signed by this service. */
  service: z.string(),
  token: TokenId.optional(),
  user: z.string().optional(),
  room: RoomId.optional(),
  /** ms since 1970. */
  at: z.number(),
  /** When nothing that it concerns can be valid any more, ms. */
  until: z.number(),
});
export type Revocation = z.infer<typeof Revocation>;

/** A participant as management sees it. */
export const ManagedParticipant = z.object({
  id: ParticipantId,
  user: z.string(),
  role: z.string(),
  permission: Permission,
  attributes: Attributes.optional(),
  joinedAt: z.number(),
  connection: Connection,
  /** The token it joined with. */
  token: TokenId,
  portal: MemberId,
  agent: MemberId.optional(),
});
export type ManagedParticipant = z.infer<typeof ManagedParticipant>;

export const ManagedSubscription = z.object({
  id: SubscriptionId,
  participant: ParticipantId,
  agent: MemberId,
  tracks: z.array(z.object({ id: TrackId, stream: StreamId, type: Kind, paused: z.boolean() })),
});
export type ManagedSubscription = z.infer<typeof ManagedSubscription>;

/** A room that runs, in a line. */
export const RoomSummary = z.object({
  room: RoomId,
  /** Since when this owner has it, ms. */
  since: z.number(),
  owner: MemberId,
  participants: z.int(),
  streams: z.int(),
  subscriptions: z.int(),
  /** Recordings and live streams out that run. */
  recordings: z.int().optional(),
  live: z.int().optional(),
});
export type RoomSummary = z.infer<typeof RoomSummary>;

/** What one track carries right now, as its access agent measures it over about the last second. */
export const TrackMeasure = z.object({
  id: TrackId,
  type: Kind,
  format: Format.optional(),
  /** bits/s. */
  bitrate: z.number(),
  /** Part of the packets lost, 0..1. */
  loss: z.number(),
  /** mediasoup score, 0..10. */
  score: z.number(),
  paused: z.boolean(),
  resolution: z.object({ width: z.int(), height: z.int() }).optional(),
  framerate: z.number().optional(),
  /** Highest layers that are sent or received right now. */
  layers: z.object({ spatial: z.int(), temporal: z.int() }).optional(),
  /** Round-trip time, ms. */
  rtt: z.number().optional(),
});
export type TrackMeasure = z.infer<typeof TrackMeasure>;

/** Measures of all that one access agent carries of a room. */
export const RoomMeasures = z.object({
  streams: z.array(z.object({ id: StreamId, participant: ParticipantId, tracks: z.array(TrackMeasure) })),
  subscriptions: z.array(
    z.object({ id: SubscriptionId, participant: ParticipantId, tracks: z.array(TrackMeasure) }),
  ),
});
export type RoomMeasures = z.infer<typeof RoomMeasures>;

/** A recording or a live stream out, as management sees it. */
export const ManagedEgress = z.object({
  id: EgressId,
  startedAt: z.number(),
  origin: EgressOrigin,
  target: EgressTarget,
  audio: EgressSpec.shape.audio,
  video: EgressSpec.shape.video,
  /** Where it runs; absent while it is looking for a place. */
  agent: MemberId.optional(),
  state: EgressState,
});
export type ManagedEgress = z.infer<typeof ManagedEgress>;

/** As its mixer agent tells it, without the owner of the room. */
export function managedOf(
  spec: EgressSpec,
  { agent, state }: { agent: MemberId; state: EgressState },
): ManagedEgress {
  const { id, startedAt, origin, target, audio, video } = spec;
  return { id, startedAt, origin, target, ...(audio && { audio }), ...(video && { video }), agent, state };
}

/** A stream that is fetched from a URL, as management sees it. */
export const ManagedIngress = z.object({
  stream: StreamInfo.nullable(),
  url: z.string(),
  agent: MemberId.optional(),
  state: IngressState,
});
export type ManagedIngress = z.infer<typeof ManagedIngress>;

/** What management or a participant asks to be recorded or sent. */
export const EgressMedia = z.object({
  audio: z.object({ from: z.union([StreamId, TrackId]), encode: EgressAudio.shape.encode }).optional(),
  video: z.object({ from: z.union([StreamId, TrackId]), encode: EgressVideo.shape.encode }).optional(),
});
export type EgressMedia = z.infer<typeof EgressMedia>;

/** Change of a recording or live stream (OWT 7.5). */
export const EgressChange = z.discriminatedUnion('change', [
  z.object({ change: z.literal('from'), kind: Kind, from: z.union([StreamId, TrackId]) }),
  z.object({ change: z.literal('status'), kind: Kind, status: TrackStatus }),
  z.object({ change: z.literal('encode'), encode: EgressVideo.shape.encode.unwrap() }),
  z.object({ change: z.literal('keyFrameInterval'), seconds: z.number().positive() }),
]);
export type EgressChange = z.infer<typeof EgressChange>;

/** Something that happened in a room, as told to applications by webhook. */
export const RoomEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('room_started') }),
  z.object({ type: z.literal('room_ended') }),
  z.object({ type: z.literal('participant_joined'), participant: ManagedParticipant }),
  z.object({ type: z.literal('participant_left'), participant: ManagedParticipant, reason: LeaveReason }),
  z.object({ type: z.literal('stream_added'), stream: StreamInfo }),
  z.object({ type: z.literal('stream_removed'), stream: StreamInfo, reason: SessionEndReason }),
  /** A view has somebody who watches it: its mix runs now. */
  z.object({ type: z.literal('mix_started'), stream: MixedStreamInfo }),
  /** Nobody watches it any more (`closed`), or it was lost. */
  z.object({ type: z.literal('mix_stopped'), stream: MixedStreamInfo, reason: SessionEndReason }),
  z.object({ type: z.literal('layout_changed'), stream: MixedStreamInfo }),
  z.object({ type: z.literal('recording_started'), egress: ManagedEgress }),
  /** It is over; its files may still be finalised. */
  z.object({ type: z.literal('recording_ended'), egress: ManagedEgress, reason: EgressEndReason }),
  /**
   * Its files are finished, hashed and, where configured, uploaded. Parts of a recording that went on elsewhere
   * (`shutdown`, `orphaned`, `crashed`) may be told for themselves.
   */
  z.object({ type: z.literal('recording_ready'), egress: ManagedEgress, reason: EgressEndReason }),
  z.object({ type: z.literal('live_started'), egress: ManagedEgress }),
  /** connecting, live, retrying, failed. */
  z.object({ type: z.literal('live_changed'), egress: ManagedEgress }),
  z.object({ type: z.literal('live_ended'), egress: ManagedEgress, reason: EgressEndReason }),
]);
export type RoomEvent = z.infer<typeof RoomEvent>;

/** An event with its number among those of its owner, from 1 on without gap. */
export const NumberedEvent = z.object({ seq: z.int().min(1), at: z.number(), event: RoomEvent });
export type NumberedEvent = z.infer<typeof NumberedEvent>;

/** A recording of which nothing is left to be done, as its mixer agent tells it. */
export const RecordingReady = z.object({
  /** Of the event: the same when it is told again. */
  id: z.string().max(200),
  /** When it was ready, ms since 1970. */
  at: z.number(),
  room: RoomId,
  egress: ManagedEgress,
  reason: EgressEndReason,
});
export type RecordingReady = z.infer<typeof RecordingReady>;

/** Served by api members at `member.<id>`, besides the member contract. */
export const managementContract = {
  'room.lookup': method(
    'What the store knows of a room that is about to be opened; `stored` is null for a room that is not in the store.',
    z.object({ room: RoomId }),
    z.object({ stored: StoredRoom.nullable(), revocations: z.array(Revocation) }),
  ),
  'service.key': method(
    'The secret that a service signs tokens with; null: no such service.',
    z.object({ id: z.string() }),
    z.object({ key: z.string().nullable() }),
  ),
  'events.report': method(
    'Events of a room, in order. `picture`: the first report of an owner also says who and what is in the room (before or after `events`), so that what an owner before it did not get through can be told.',
    z.object({
      room: RoomId,
      owner: Owner,
      events: z.array(NumberedEvent),
      picture: z
        .object({
          participants: z.array(ManagedParticipant),
          streams: z.array(StreamInfo),
          /** It stands for the events up to this one, which were given up. */
          upTo: z.int().min(1).optional(),
        })
        .optional(),
    }),
    Done,
  ),
  'recording.ready': method(
    'A recording is ready, also of a room that does not run any more. May be told more than once.',
    RecordingReady,
    Done,
  ),
} as const;
export type ManagementContract = typeof managementContract;

/** Change of a participant's permission: one kind of one action (OWT 7.3, PATCH participants). */
export const PermissionChange = z.object({
  action: z.enum(['publish', 'subscribe']),
  kind: Kind,
  value: z.boolean(),
});
export type PermissionChange = z.infer<typeof PermissionChange>;

/** Served by the owner of a room at `room.<id>`, besides the room contract. */
export const roomAdminContract = {
  'admin.participants': method(
    'Everybody in the room.',
    z.object({}),
    z.object({ participants: z.array(ManagedParticipant) }),
  ),
  'admin.permit': method(
    'Changes what a participant may do, at once: what it may no longer send or receive is closed before this resolves.',
    z.object({ id: ParticipantId, changes: z.array(PermissionChange).min(1).max(10) }),
    z.object({ participant: ManagedParticipant }),
  ),
  'admin.drop': method(
    'Removes a participant; it cannot come back with its ticket.',
    z.object({ id: ParticipantId }),
    Done,
  ),
  'admin.streams': method(
    'All streams, with the agents that carry them.',
    z.object({}),
    z.object({ streams: z.array(z.object({ info: StreamInfo, agent: MemberId.optional() })) }),
  ),
  'admin.control': method(
    'Mutes (`pause`) or unmutes (`play`) tracks of a stream for everybody.',
    z.object({ id: StreamId, kinds: z.array(Kind).min(1), operation: z.enum(['pause', 'play']) }),
    z.object({ stream: StreamInfo }),
  ),
  'admin.mix': method(
    'Puts a forward stream into a view, or takes it out. Doing so twice changes nothing.',
    z.object({ id: StreamId, view: ViewLabel, operation: z.enum(['mix', 'unmix']) }),
    z.object({ stream: StreamInfo }),
  ),
  'admin.layout': method(
    'Changes what a mixed stream shows where.',
    z.object({ id: StreamId, change: LayoutChange }),
    z.object({ stream: MixedStreamInfo }),
  ),
  'admin.views': method(
    'The views of the room; `agent`: where the mix runs, absent while nobody watches it.',
    z.object({}),
    z.object({
      views: z.array(
        z.object({ stream: MixedStreamInfo, agent: MemberId.optional(), inputs: z.array(StreamId) }),
      ),
    }),
  ),
  'admin.egress.start': method(
    'Begins a recording or a live stream out. Answers when an agent has taken it on.',
    z.object({
      /** Made by the caller, so that a retry begins one. */
      id: EgressId,
      target: EgressTarget,
      media: EgressMedia,
      keyFrameInterval: z.number().positive().optional(),
    }),
    z.object({ egress: ManagedEgress }),
  ),
  'admin.egress.change': method(
    'Changes what a recording or live stream receives, all or nothing.',
    z.object({ id: EgressId, changes: z.array(EgressChange).min(1).max(20) }),
    z.object({ egress: ManagedEgress }),
  ),
  'admin.egress.stop': method(
    'Ends a recording or live stream; answers when everything is written.',
    z.object({ id: EgressId }),
    z.object({ egress: ManagedEgress }),
  ),
  'admin.egresses': method(
    'Recordings and live streams that run, with how they do right now. With an id only that one, also when it is over and nobody has said yet that its files are finished (`finalising`), or when it failed.',
    z.object({ type: z.enum(['recording', 'live']).optional(), id: EgressId.optional() }),
    z.object({ egresses: z.array(ManagedEgress) }),
  ),
  'admin.ingress.start': method(
    'Fetches a stream from a URL into the room; answers when it has media, or with what hinders it.',
    z.object({ spec: IngressSpec.omit({ revision: true, paused: true }) }),
    z.object({ ingress: ManagedIngress }),
  ),
  'admin.ingresses': method(
    'Streams that are fetched from URLs.',
    z.object({}),
    z.object({ ingresses: z.array(ManagedIngress) }),
  ),
  'admin.unpublish': method('Ends a stream.', z.object({ id: StreamId }), Done),
  'admin.subscriptions': method(
    'All subscriptions.',
    z.object({}),
    z.object({ subscriptions: z.array(ManagedSubscription) }),
  ),
} as const;
export type RoomAdminContract = typeof roomAdminContract;

/** Served by conference agents at `member.<id>`, besides the conference contract. */
export const agentAdminContract = {
  'rooms.list': method('The rooms this agent owns.', z.object({}), z.object({ rooms: z.array(RoomSummary) })),
  'room.configure': method(
    'The configuration of a room has changed. The agent that owns it puts it into effect; others remember it for rooms they are just opening. `hosted`: it runs here.',
    z.object({ room: RoomId, stored: StoredRoom }),
    z.object({ hosted: z.boolean() }),
  ),
  'room.delete': method(
    'The room was deleted: if it runs here everybody is sent away (`room_closed`) before this resolves. It cannot be opened again from what is remembered.',
    z.object({ room: RoomId }),
    z.object({ hosted: z.boolean() }),
  ),
  'tokens.revoke': method(
    'These tokens join nobody any more; who is inside with one is dropped. Remembered until they expire.',
    z.object({ revocations: z.array(Revocation).min(1).max(1_000) }),
    z.object({ dropped: z.int() }),
  ),
} as const;
export type AgentAdminContract = typeof agentAdminContract;

/** Topic on which the api tells that a service is gone or has another key: `{ id }`. */
export const serviceChangedTopic = 'management.service';
export const ServiceChanged = z.object({ id: z.string() });
