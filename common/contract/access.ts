import { z } from 'zod';
import { MemberId, ParticipantId, RoomId, StreamId, SubscriptionId } from './ids.ts';
import { clientContract, Direction, MediaAccess } from './client.ts';
import { Owner, ParticipantRecord, PublicationGrant, SubscriptionGrant } from './cluster.ts';
import { Format, KindSelector, VideoParameters } from './media.ts';
import { pipeContract } from './pipes.ts';
import { SessionEndReason } from './reasons.ts';
import { RoomMeasures } from './management.ts';
import { method } from './rpc.ts';
import type { MethodSpec } from './rpc.ts';

const Done = z.object({});

/** Calls of the room's owner: refused with `stale_owner` when a higher one is known. */
const ofOwner = { room: RoomId, owner: Owner };

/** What concerns only the media session: straight from the portal, stamped with the authenticated participant. */
const direct = <I extends z.ZodType, O extends z.ZodType>(spec: MethodSpec<I, O>) =>
  method(
    spec.summary,
    z.object({ room: RoomId, participant: ParticipantId, portal: MemberId, request: spec.input }),
    spec.output,
  );

/** Served by access agents at `member.<id>`, besides the member contract. */
export const accessContract = {
  'participant.open': method(
    'Gives a participant a seat on a router of the room and creates the transports asked for. Repeatable.',
    z.object({
      ...ofOwner,
      participant: ParticipantId,
      portal: MemberId,
      transports: z.array(Direction),
      /** Kept for whoever has to rebuild the room. */
      record: ParticipantRecord.optional(),
      /** Codecs that the room takes; absent: all that the routers have. */
      formats: z.array(Format).optional(),
    }),
    MediaAccess,
  ),
  'participant.close': method(
    'Closes everything of a participant: transports, publications, subscriptions, grants.',
    z.object({ ...ofOwner, participant: ParticipantId, reason: SessionEndReason }),
    Done,
  ),
  'publication.open': method(
    'Grants a publication: exactly these tracks may be produced. Repeatable.',
    z.object({ ...ofOwner, grant: PublicationGrant }),
    z.object({ transportId: z.string() }),
  ),
  'publication.close': method(
    'Revokes a publication and closes its producers.',
    z.object({ ...ofOwner, id: StreamId, reason: SessionEndReason }),
    Done,
  ),
  'publication.control': method(
    'Pauses or resumes tracks of a publication for everybody.',
    z.object({ ...ofOwner, id: StreamId, operation: z.enum(['pause', 'play']), data: KindSelector }),
    Done,
  ),
  'subscription.open': method(
    'Grants a subscription: exactly these tracks may be consumed. Repeatable.',
    z.object({ ...ofOwner, grant: SubscriptionGrant }),
    z.object({ transportId: z.string() }),
  ),
  'subscription.close': method(
    'Revokes a subscription and closes its consumers.',
    z.object({ ...ofOwner, id: SubscriptionId, reason: SessionEndReason }),
    Done,
  ),
  'subscription.control': method(
    'Pauses, resumes or re-parameterises a subscription.',
    z.object({
      ...ofOwner,
      id: SubscriptionId,
      operation: z.discriminatedUnion('type', [
        z.object({ type: z.enum(['pause', 'play']), data: KindSelector }),
        z.object({ type: z.literal('update'), parameters: VideoParameters }),
      ]),
    }),
    Done,
  ),
  'room.measure': method(
    'What the streams and subscriptions of a room carry here right now.',
    z.object({ room: RoomId }),
    RoomMeasures,
  ),
  getRouterRtpCapabilities: direct(clientContract.getRouterRtpCapabilities),
  connectTransport: direct(clientContract.connectTransport),
  produce: direct(clientContract.produce),
  consume: direct(clientContract.consume),
  resume: direct(clientContract.resume),
  setLayers: direct(clientContract.setLayers),
  restartIce: method(
    clientContract.restartIce.summary,
    z.object({
      room: RoomId,
      participant: ParticipantId,
      portal: MemberId,
      request: clientContract.restartIce.input,
    }),
    clientContract.restartIce.output.omit({ iceServers: true }),
  ),
  getStats: direct(clientContract.getStats),
  ...pipeContract,
} as const;
export type AccessContract = typeof accessContract;
