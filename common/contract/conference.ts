import { z } from 'zod';
import { MemberId, ParticipantId, RoomId, RouterId, StreamId, SubscriptionId, TokenId } from './ids.ts';
import { clientContract, Cursor, Direction, Held, MediaAccess, Protocol } from './client.ts';
import { Generations, Owner, ParticipantRecord, UsedToken } from './cluster.ts';
import { PublishedTrack } from './published-track.ts';
import { StampedEntry } from './log.ts';
import { Attributes, Permission, RtpCapabilities, TransportOptions } from './media.ts';
import { EgressState } from './egress.ts';
import { IngressState } from './ingress.ts';
import { EgressEndReason } from './mixing.ts';
import { LeaveReason, SessionEndReason } from './reasons.ts';
import { ViewLabel } from './room-settings.ts';
import { method } from './rpc.ts';
import type { MethodSpec } from './rpc.ts';

/** The participant for whom a portal speaks; authenticated by the portal. */
export const By = z.object({ participant: ParticipantId, portal: MemberId });
export type By = z.infer<typeof By>;

/** Every answer of a room names the owner that gave it, so that a portal can tell a stale one. */
const owned = <O extends z.ZodType>(result: O) => z.object({ owner: Owner, result });

/** The same request as the client's, with the participant it comes from. */
const forwarded = <I extends z.ZodType, O extends z.ZodType>(spec: MethodSpec<I, O>) =>
  method(spec.summary, z.object({ by: By, request: spec.input }), owned(spec.output));

const Done = z.object({});

/** Served at `room.<roomId>` by the owner of the room. */
export const roomContract = {
  join: method(
    'Admits a participant whose token the portal has verified; opens its seat at an access agent.',
    z.object({
      portal: MemberId,
      participant: z.object({
        id: ParticipantId,
        user: z.string(),
        role: z.string(),
        attributes: Attributes.optional(),
      }),
      token: z.object({
        id: TokenId,
        exp: z.number().int(),
        /** When it was issued, seconds, with a fraction where the token has one. */
        iat: z.number(),
        /** The service that signed it. */
        service: z.string(),
        requestId: z.string().optional(),
      }),
      protocol: Protocol,
      transports: z.array(Direction),
    }),
    owned(
      z.object({
        id: ParticipantId,
        permission: Permission,
        room: clientContract.login.output.shape.room,
        seq: z.number().int(),
        record: ParticipantRecord,
        media: MediaAccess.optional(),
      }),
    ),
  ),
  relogin: method(
    'Takes back a participant whose ticket the portal has verified; it keeps its id, its media and its place.',
    z.object({
      portal: MemberId,
      /** What the ticket says: who it is when nobody remembers. */
      ticket: z.object({
        participant: ParticipantRecord.omit({ generations: true, agent: true, lost: true }),
        generation: z.number().int().min(1),
        /** ms since 1970. */
        notAfter: z.number(),
      }),
      /** Absent: the portal knows what the client missed. */
      cursor: Cursor.optional(),
      held: Held.optional(),
      transports: z.array(Direction),
      /** The client knows nothing of the room any more. */
      fresh: z.boolean(),
    }),
    owned(
      z.object({
        record: ParticipantRecord,
        room: clientContract.login.output.shape.room,
        seq: z.number().int(),
        /** Absent when no cursor was given. */
        missed: z.object({ complete: z.boolean(), entries: z.array(StampedEntry) }).optional(),
        sessions: clientContract.relogin.output.shape.sessions,
        media: MediaAccess.optional(),
      }),
    ),
  ),
  detach: method(
    'The connection of a participant broke: its place is kept for a while.',
    z.object({ by: By, /** Shortens the while. */ returnWithinMs: z.number().int().min(0).optional() }),
    owned(z.object({ lost: ParticipantRecord.shape.lost })),
  ),
  renewTicket: method(
    'A new number for a ticket; the older ones stay good until it is used or proven.',
    z.object({ by: By }),
    owned(z.object({ generations: Generations })),
  ),
  proveTicket: method(
    'The client has the newest ticket: the older ones are no good any more.',
    z.object({ by: By, generation: z.number().int().min(1) }),
    owned(z.object({ generations: Generations })),
  ),
  missed: method(
    'What a participant, or a whole portal, was not told after a position.',
    z.object({ portal: MemberId, participant: ParticipantId.optional(), cursor: Cursor }),
    owned(z.object({ complete: z.boolean(), entries: z.array(StampedEntry), seq: z.number().int() })),
  ),
  leave: method('A participant is gone.', z.object({ by: By, reason: LeaveReason }), owned(Done)),
  publish: forwarded(clientContract.publish),
  unpublish: forwarded(clientContract.unpublish),
  subscribe: forwarded(clientContract.subscribe),
  unsubscribe: forwarded(clientContract.unsubscribe),
  'stream-control': forwarded(clientContract['stream-control']),
  'subscription-control': forwarded(clientContract['subscription-control']),
  'start-recording': forwarded(clientContract['start-recording']),
  'control-recording': forwarded(clientContract['control-recording']),
  text: forwarded(clientContract.text),
  drop: forwarded(clientContract.drop),
  createWebRtcTransport: method(
    clientContract.createWebRtcTransport.summary,
    z.object({ by: By, request: clientContract.createWebRtcTransport.input }),
    owned(z.object({ transport: TransportOptions, rtpCapabilities: RtpCapabilities, agent: MemberId })),
  ),
  trackAdded: method(
    'Report of an agent: a granted track is being produced.',
    z.object({ agent: MemberId, publication: StreamId, participant: ParticipantId, track: PublishedTrack }),
    owned(Done),
  ),
  sessionsEnded: method(
    'Report of an agent: seats and sessions that are gone, and why.',
    z.object({
      agent: MemberId,
      /** Participants whose transports are gone. */
      seats: z.array(ParticipantId),
      publications: z.array(StreamId),
      subscriptions: z.array(SubscriptionId),
      reason: SessionEndReason,
    }),
    owned(Done),
  ),
  mixEnded: method(
    'Report of a mixer agent: a mix of this room cannot go on there.',
    z.object({ agent: MemberId, view: ViewLabel, reason: SessionEndReason }),
    owned(Done),
  ),
  egressChanged: method(
    'Report of a mixer agent: a recording or live stream has another status, another file, or is over.',
    z.object({ agent: MemberId, state: EgressState, reason: EgressEndReason.optional() }),
    owned(Done),
  ),
  ingressChanged: method(
    'Report of a mixer agent: a fetched stream has media now, has lost its source, or is over.',
    z.object({ agent: MemberId, state: IngressState }),
    owned(Done),
  ),
  speaking: method(
    'Report of an agent: who speaks on one of its routers (all of them), loudest first.',
    z.object({
      agent: MemberId,
      router: RouterId,
      participants: z.array(z.object({ id: ParticipantId, volume: z.number() })),
      dominant: ParticipantId.nullable(),
    }),
    owned(Done),
  ),
} as const;
export type RoomContract = typeof roomContract;

/** Served by conference agents at `member.<id>`, besides the member contract. */
export const conferenceContract = {
  'room.open': method(
    'Claims the room and rebuilds it from what the members know. `taken`: somebody else owns it.',
    z.object({ room: RoomId }),
    z.object({ owner: Owner }),
  ),
  'room.tokens': method(
    'A room became empty: remember its used tokens until they expire.',
    z.object({ room: RoomId, owner: Owner, usedTokens: z.array(UsedToken) }),
    Done,
  ),
} as const;
export type ConferenceContract = typeof conferenceContract;
