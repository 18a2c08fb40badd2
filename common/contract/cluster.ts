import { z } from 'zod';
import { Attributes, Format, Kind, Permission, TrackSource, VideoParameters } from './media.ts';
import { Protocol } from './client.ts';
import { MixSpec, MixState } from './mix.ts';
import { EgressSpec, EgressState } from './egress.ts';
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
import { IngressSpec, IngressState } from './ingress.ts';
import { Origin } from './origin.ts';
import { PublishedTrack } from './published-track.ts';
import { LeaveReason } from './reasons.ts';
import { LayoutRecord } from './layout.ts';
import { StoredRoom, ViewLabel } from './room-settings.ts';
import { method } from './rpc.ts';
import { StampedEntry } from './log.ts';

export const Role = z.enum(['portal', 'conference', 'access', 'mixer', 'api']);
export type Role = z.infer<typeof Role>;

/** Published by every process each heartbeat interval on `cluster.heartbeat`. */
export const Heartbeat = z.object({
  member: MemberId,
  role: Role,
  /** Milliseconds since 1970 at which the process started. */
  startedAt: z.number(),
  /** 0 idle .. 1 full. */
  load: z.number().min(0),
  draining: z.boolean(),
  /** Where clients reach a portal. */
  url: z.string().optional(),
  /** Asks every other member to announce itself at once; sent by a process that has just started. */
  hello: z.boolean().optional(),
  /** The process says goodbye: it is gone as soon as this arrives. */
  bye: z.boolean().optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Topic of heartbeats. */
export const heartbeatTopic = 'cluster.heartbeat';

/** Who speaks for a room: stamped on every call and notification of an owner, compared as (epoch, id). */
export const Owner = z.object({ epoch: z.number(), id: MemberId });
export type Owner = z.infer<typeof Owner>;

/** A used token, remembered until it expires (`exp`, seconds) so that nobody joins twice with it. */
export const UsedToken = z.object({
  id: TokenId,
  exp: z.number().int(),
  participant: ParticipantId.optional(),
  requestId: z.string().optional(),
  /** When it was used, ms. */
  at: z.number(),
  /** Its participant left for good: no ticket of this token brings it back. `exp` covers these tickets, too. */
  ended: LeaveReason.optional(),
});
export type UsedToken = z.infer<typeof UsedToken>;

/** What a participant may send: opened by the owner, kept by the agent, returned in inventories. */
export const PublicationGrant = z.object({
  id: StreamId,
  participant: ParticipantId,
  attributes: Attributes,
  tracks: z.array(
    z.object({
      id: TrackId,
      type: Kind,
      source: TrackSource.optional(),
      paused: z.boolean(),
      parameters: VideoParameters.optional(),
      /** Codecs that the room takes; absent: all that the routers have. */
      formats: z.array(Format).optional(),
    }),
  ),
});
export type PublicationGrant = z.infer<typeof PublicationGrant>;

export const SubscribedTrack = z.object({
  /** The track that is received. */
  id: TrackId,
  stream: StreamId,
  type: Kind,
  paused: z.boolean(),
  /** Resolution or frame rate asked for; picks layers. */
  parameters: VideoParameters.optional(),
  /** Size and rate of the source, to translate `parameters` into layers. */
  source: VideoParameters.optional(),
  origin: Origin,
});
export type SubscribedTrack = z.infer<typeof SubscribedTrack>;

/** What a participant may receive: exactly these tracks. */
export const SubscriptionGrant = z.object({
  id: SubscriptionId,
  participant: ParticipantId,
  tracks: z.array(SubscribedTrack).min(1),
});
export type SubscriptionGrant = z.infer<typeof SubscriptionGrant>;

/**
 * Reconnection tickets of a participant, by number. `newest` was issued last; those from `oldest` on are good, as nobody
 * knows yet which of them the client has got.
 */
export const Generations = z.object({ oldest: z.number().int().min(1), newest: z.number().int().min(1) });
export type Generations = z.infer<typeof Generations>;

/** A participant as its portal and its access agent keep it, enough to rebuild a room without its owner. */
export const ParticipantRecord = z.object({
  id: ParticipantId,
  user: z.string(),
  role: z.string(),
  attributes: Attributes.optional(),
  permission: Permission,
  joinedAt: z.number(),
  /** The token it joined with. */
  token: TokenId,
  /** The service that signed it. */
  service: z.string().optional(),
  /** When management changed its permission, ms; since then it does not follow its role. The newest record counts. */
  permittedAt: z.number().optional(),
  protocol: Protocol,
  generations: Generations,
  agent: MemberId.optional(),
  /** Since when its connection is lost, and until when its place is kept; ms since 1970. */
  lost: z.object({ at: z.number(), until: z.number() }).optional(),
});
export type ParticipantRecord = z.infer<typeof ParticipantRecord>;

/** What a view of a room shows, as all members remember it for whoever has to rebuild the room. */
export const ViewRecord = z.object({
  label: ViewLabel,
  /** Streams that are mixed in, with or without picture, in the order in which they came. */
  mixed: z.array(StreamId),
  /** Streams that somebody took out: they are not mixed in again by themselves. */
  unmixed: z.array(StreamId).optional(),
  layout: LayoutRecord,
  keepActiveInputPrimary: z.boolean().optional(),
  activeInput: StreamId.optional(),
});
export type ViewRecord = z.infer<typeof ViewRecord>;

/** All views of a room. */
export const ViewRecords = z.object({
  /** Grows with each change, within one owner. */
  revision: z.int().min(0),
  views: z.array(ViewRecord).max(16),
});
export type ViewRecords = z.infer<typeof ViewRecords>;

/** A recording or live stream out, as all members remember it. */
export const EgressRecord = z.object({
  spec: EgressSpec.omit({ room: true, revision: true, participants: true }),
  /** Where it runs; absent while it is looking for a place. */
  agent: MemberId.optional(),
});
export type EgressRecord = z.infer<typeof EgressRecord>;

/** A stream that is fetched, as all members remember it. */
export const IngressRecord = z.object({
  spec: IngressSpec.omit({ revision: true }),
  agent: MemberId.optional(),
  /** What was found in it, for those who receive it. */
  tracks: IngressState.shape.tracks,
});
export type IngressRecord = z.infer<typeof IngressRecord>;

/** What leaves a room other than to participants, and what is fetched into it. May hold secrets. */
export const OutsideRecords = z.object({
  /** Grows with each change, within one owner. */
  revision: z.int().min(0),
  egresses: z.array(EgressRecord),
  ingresses: z.array(IngressRecord),
  /** Recordings and live streams that are over, newest last: whoever still has one running is wrong. */
  ended: z.array(EgressId).max(200),
});
export type OutsideRecords = z.infer<typeof OutsideRecords>;

/** Whether a room has to go on for it, though nobody may be inside. */
export const isSomething = ({ egresses, ingresses }: OutsideRecords): boolean =>
  egresses.length + ingresses.length > 0;

/** What all members remember of a room besides who owns it. */
export const RoomMemory = z.object({
  views: ViewRecords.optional(),
  outside: OutsideRecords.optional(),
});
export type RoomMemory = z.infer<typeof RoomMemory>;

/** One member's knowledge of a room; empty when it knows nothing. */
export const Inventory = z.object({
  member: MemberId,
  role: Role,
  /** Highest owner this member has seen. */
  owner: Owner.optional(),
  /** Highest position of the room's log this member has seen (portals). */
  seq: z.number().int().optional(),
  participants: z.array(ParticipantRecord),
  /** Participants that have transports on this agent. */
  seats: z.array(
    z.object({ participant: ParticipantId, portal: MemberId, record: ParticipantRecord.optional() }),
  ),
  publications: z.array(PublicationGrant.extend({ tracks: z.array(PublishedTrack) })),
  subscriptions: z.array(SubscriptionGrant),
  usedTokens: z.array(UsedToken),
  /** What the store said of the room, as its owner told last. */
  stored: StoredRoom.optional(),
  /** What its owner told last. */
  ...RoomMemory.shape,
  /** Mixes that run on this agent. */
  mixes: z.array(z.object({ spec: MixSpec, state: MixState })).optional(),
  /** Recordings and live streams out that run on this agent. */
  egresses: z.array(z.object({ spec: EgressSpec, state: EgressState })).optional(),
  /** Streams that this agent fetches. */
  ingresses: z.array(z.object({ spec: IngressSpec, state: IngressState })).optional(),
  /** The end of the room's log as far as it is kept here (portals), in order. */
  log: z.array(StampedEntry).optional(),
});
export type Inventory = z.infer<typeof Inventory>;

const Done = z.object({});

/** Served by every member at `member.<id>`. */
export const memberContract = {
  'room.inventory': method('All this member knows of a room.', z.object({ room: RoomId }), Inventory),
  'room.owner': method(
    'A room has a (new) owner; calls of an older one are refused from now on. `stored`: its settings, for whoever has to rebuild it while the store is out of reach; absent: it has none, those of before are forgotten.',
    z.object({ room: RoomId, owner: Owner, stored: StoredRoom.optional() }),
    Done,
  ),
  'room.remember': method(
    'What the views of a room show, or what is recorded, sent and fetched, has changed: remembered for whoever has to rebuild it. What is absent is as it was.',
    z.object({ room: RoomId, owner: Owner, ...RoomMemory.shape }),
    Done,
  ),
} as const;
export type MemberContract = typeof memberContract;
