import { z } from 'zod';

/**
 * Identifiers. Each kind is branded so that the compiler refuses a stream id where a participant id is meant.
 * On the wire they are plain strings of letters, digits, `-`, `_`, `.`, `:` and `@`.
 */
const identifier = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[0-9A-Za-z_.:@-]+$/, 'may contain only letters, digits and _ . : @ -');

/** Name of a room, chosen by the application. It becomes part of a queue name, hence the short alphabet. */
export const RoomId = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[0-9A-Za-z_-]+$/, 'may contain only letters, digits, _ and -')
  .brand('RoomId');
export type RoomId = z.infer<typeof RoomId>;

/** A user inside a room; kept across reconnects. */
export const ParticipantId = identifier(64).brand('ParticipantId');
export type ParticipantId = z.infer<typeof ParticipantId>;

/** A stream: what a participant publishes under one id (audio and video tracks), or what the room mixes. */
export const StreamId = identifier(160).brand('StreamId');
export type StreamId = z.infer<typeof StreamId>;

/** A track of a stream: `<streamId>-<n>`. */
export const TrackId = identifier(170).brand('TrackId');
export type TrackId = z.infer<typeof TrackId>;

/** A participant's subscription to one or two tracks. */
export const SubscriptionId = identifier(64).brand('SubscriptionId');
export type SubscriptionId = z.infer<typeof SubscriptionId>;

/** A recording or a live stream out of a room; nobody can guess it. */
export const EgressId = identifier(64).brand('EgressId');
export type EgressId = z.infer<typeof EgressId>;

/** A WebRTC transport of a participant. */
export const TransportId = identifier(64).brand('TransportId');
export type TransportId = z.infer<typeof TransportId>;

/** mediasoup producer; new for every `produce`, also when a stream is published again under its old id. */
export const ProducerId = identifier(64).brand('ProducerId');
export type ProducerId = z.infer<typeof ProducerId>;

/** mediasoup consumer. */
export const ConsumerId = identifier(64).brand('ConsumerId');
export type ConsumerId = z.infer<typeof ConsumerId>;

/** mediasoup router. */
export const RouterId = identifier(64).brand('RouterId');
export type RouterId = z.infer<typeof RouterId>;

/** A process of the cluster: `<role>-<random>`; new at every start. */
export const MemberId = identifier(64).brand('MemberId');
export type MemberId = z.infer<typeof MemberId>;

/** Id of a token (JWT `jti`). */
export const TokenId = identifier(64).brand('TokenId');
export type TokenId = z.infer<typeof TokenId>;

/** Bus address of a room's owner. */
export const roomAddress = (room: RoomId): string => `room.${room}`;

/** Bus address of one process. */
export const memberAddress = (member: MemberId): string => `member.${member}`;
