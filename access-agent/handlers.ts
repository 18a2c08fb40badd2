import type { AccessContract } from '../common/contract/access.ts';
import type { MemberContract } from '../common/contract/cluster.ts';
import { pipeHandlers } from '../common/media/pipes/pipe-handlers.ts';
import { done, type AllHandlers, type HandlerParts, type Some } from './handler-parts.ts';
import { ownerHandlers } from './owner-handlers.ts';
import { participantHandlers } from './participant-handlers.ts';

export function createHandlers(parts: HandlerParts): AllHandlers {
  return {
    ...ownerHandlers(parts),
    ...participantHandlers(parts),
    ...pipeHandlers(parts),
    ...memberHandlers(parts),
    ...roomHandlers(parts),
  };
}

/** What management asks. */
function roomHandlers({ rooms }: HandlerParts): Some<Extract<keyof AccessContract, 'room.measure'>> {
  return {
    'room.measure': async ({ room }) => {
      return (await rooms.get(room)?.measure()) ?? { streams: [], subscriptions: [] };
    },
  };
}

function memberHandlers({ self, rooms }: HandlerParts): Some<keyof MemberContract> {
  return {
    'room.inventory': ({ room }) => {
      const known = rooms.get(room)?.inventory() ?? { seats: [], publications: [], subscriptions: [] };
      return {
        member: self,
        role: 'access',
        ...rooms.owners.memory(room),
        participants: [],
        ...known,
        usedTokens: [],
      };
    },
    'room.owner': ({ room, owner, stored }) => {
      rooms.owners.announced(room, owner, stored);
      return done;
    },
    'room.remember': ({ room, owner, ...memory }) => {
      rooms.owners.remember(room, owner, memory);
      return done;
    },
  };
}
