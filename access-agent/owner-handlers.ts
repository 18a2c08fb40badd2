import type { AccessContract } from '../common/contract/access.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { done, missing, type HandlerParts, type Some } from './handler-parts.ts';

/** How long a participant waits for a worker that is being replaced, ms. */
const workerWaitMs = 3_000;

type Of<Prefix extends string> = Extract<keyof AccessContract, `${Prefix}.${string}`>;

/** Calls of the owner of a room; each names its epoch, and those of an earlier one are refused. */
export function ownerHandlers(
  parts: HandlerParts,
): Some<Of<'participant'> | Of<'publication'> | Of<'subscription'>> {
  return { ...seats(parts), ...publications(parts), ...subscriptions(parts) };
}

function seats({ rooms, pool, log }: HandlerParts): Some<Of<'participant'>> {
  return {
    'participant.open': async ({ room, owner, participant, portal, transports, record, formats }) => {
      rooms.accept(room, owner);
      await pool.available(workerWaitMs);
      const seat = rooms.takeSeat(room, participant, portal);
      seat.formats = formats;
      if (record !== undefined) seat.remember(record);
      return await seat.open(transports);
    },
    'participant.close': ({ room, owner, participant, reason }) => {
      rooms.accept(room, owner);
      log.info({ room, participant, reason }, 'seat closed');
      rooms.get(room)?.seats.get(participant)?.close('source_ended');
      return done;
    },
  };
}

function publications({ rooms, log }: HandlerParts): Some<Of<'publication'>> {
  return {
    'publication.open': async ({ room, owner, grant }) => {
      rooms.accept(room, owner);
      const seat = rooms.seat(room, grant.participant);
      if ((seat.room.publisher(grant.id) ?? seat) !== seat) {
        throw new PorticoError('stream_exists', `stream '${grant.id}' belongs to another participant`);
      }
      return { transportId: await seat.publish(grant) };
    },
    'publication.close': ({ room, owner, id, reason }) => {
      rooms.accept(room, owner);
      log.info({ room, stream: id, reason }, 'publication closed');
      rooms.get(room)?.publisher(id)?.unpublish(id);
      return done;
    },
    'publication.control': async ({ room, owner, id, operation, data }) => {
      rooms.accept(room, owner);
      const publication = rooms.get(room)?.publication(id);
      if (publication === undefined) throw missing('stream_not_found', `stream '${id}'`);
      await publication.control(operation, data);
      return done;
    },
  };
}

function subscriptions({ rooms, log }: HandlerParts): Some<Of<'subscription'>> {
  return {
    'subscription.open': async ({ room, owner, grant }) => {
      rooms.accept(room, owner);
      const seat = rooms.seat(room, grant.participant);
      if ((seat.room.subscriber(grant.id) ?? seat) !== seat) {
        throw new PorticoError('subscription_exists', `subscription '${grant.id}' belongs to somebody else`);
      }
      return { transportId: await seat.subscribe(grant) };
    },
    'subscription.close': ({ room, owner, id, reason }) => {
      rooms.accept(room, owner);
      log.info({ room, subscription: id, reason }, 'subscription closed');
      rooms.get(room)?.subscriber(id)?.unsubscribe(id);
      return done;
    },
    'subscription.control': async ({ room, owner, id, operation }) => {
      rooms.accept(room, owner);
      const subscription = rooms.get(room)?.subscription(id);
      if (subscription === undefined) throw missing('subscription_not_found', `subscription '${id}'`);
      if (operation.type === 'update') await subscription.setParameters(operation.parameters);
      else await subscription.setPaused(operation.type === 'pause', operation.data);
      return done;
    },
  };
}
