import type { MemberId, ParticipantId, RoomId } from '../common/contract/ids.ts';
import { capabilitiesFor } from '../common/media/codecs.ts';
import { done, missing, type HandlerParts, type Some } from './handler-parts.ts';
import type { Rooms } from './rooms.ts';
import type { Seat } from './seat.ts';
import type { Subscription } from './subscription.ts';

type TransportMethod = 'getRouterRtpCapabilities' | 'connectTransport' | 'restartIce';
type SessionMethod = 'produce' | 'consume' | 'resume' | 'setLayers' | 'getStats';

/** Calls of participants, stamped by their portal: each sees only what is its own. */
export function participantHandlers({ rooms }: HandlerParts): Some<TransportMethod | SessionMethod> {
  return { ...transports(rooms), ...sessions(rooms) };
}

interface Stamp {
  room: RoomId;
  participant: ParticipantId;
  portal: MemberId;
}

function seatOf(rooms: Rooms, { room, participant, portal }: Stamp): Seat {
  const seat = rooms.seat(room, participant);
  // Hints go where the participant is now.
  seat.portal = portal;
  return seat;
}

function transports(rooms: Rooms): Some<TransportMethod> {
  return {
    // The same on every router, so it needs no seat; the room may take less.
    getRouterRtpCapabilities: ({ room, participant }) => ({
      rtpCapabilities: capabilitiesFor(rooms.get(room)?.seats.get(participant)?.formats),
    }),
    connectTransport: async (params) => {
      const { transportId, dtlsParameters } = params.request;
      await seatOf(rooms, params).transport(transportId).connect(dtlsParameters);
      return done;
    },
    restartIce: async (params) => {
      const transport = seatOf(rooms, params).transport(params.request.transportId);
      return { iceParameters: await transport.restartIce() };
    },
  };
}

function sessions(rooms: Rooms): Some<SessionMethod> {
  const subscriptionOf = (params: Stamp, id: Subscription['id']): Subscription => {
    const subscription = seatOf(rooms, params).subscriptions.get(id);
    if (subscription === undefined) throw missing('subscription_not_found', `subscription '${id}'`);
    return subscription;
  };
  return {
    produce: async (params) => {
      const { request } = params;
      const seat = seatOf(rooms, params);
      const transport = seat.transport(request.transportId, 'send');
      const publication = seat.publications.get(request.id);
      if (publication === undefined)
        throw missing('grant_missing', `grant to publish stream '${request.id}'`);
      return { id: await publication.produce(transport, request) };
    },
    consume: async (params) => {
      const { request } = params;
      const seat = seatOf(rooms, params);
      const transport = seat.transport(request.transportId, 'recv');
      const subscription = seat.subscriptions.get(request.id);
      if (subscription === undefined)
        throw missing('grant_missing', `grant for subscription '${request.id}'`);
      return await subscription.consume(transport, request);
    },
    resume: async (params) => {
      await subscriptionOf(params, params.request.id).resume();
      return done;
    },
    setLayers: async (params) => {
      await subscriptionOf(params, params.request.id).setLayers(params.request);
      return done;
    },
    getStats: async (params) => {
      const { id } = params.request;
      const { publications, subscriptions } = seatOf(rooms, params);
      const session = [...publications.values(), ...subscriptions.values()].find((own) => own.id === id);
      if (session === undefined) throw missing('stream_not_found', `stream or subscription '${id}'`);
      return { stats: (await session.stats()).map((stat) => ({ ...stat })) };
    },
  };
}
