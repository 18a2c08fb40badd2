import type { MemberContract } from '../common/contract/cluster.ts';
import { agentHandlers } from './agent-handlers.ts';
import { done, type AllHandlers, type HandlerParts, type Some } from './handler-parts.ts';
import { ownerHandlers } from './owner-handlers.ts';
import { participantHandlers } from './participant-handlers.ts';

export function createHandlers(parts: HandlerParts): AllHandlers {
  return {
    ...ownerHandlers(parts),
    ...participantHandlers(parts),
    ...agentHandlers(parts),
    ...memberHandlers(parts),
  };
}

function memberHandlers({ self, rooms }: HandlerParts): Some<keyof MemberContract> {
  return {
    'room.inventory': ({ room }) => {
      const owner = rooms.owner(room);
      const known = rooms.get(room)?.inventory() ?? { seats: [], publications: [], subscriptions: [] };
      return {
        member: self,
        role: 'access',
        ...(owner === undefined ? {} : { owner }),
        participants: [],
        ...known,
        usedTokens: [],
      };
    },
    'room.owner': ({ room, owner }) => {
      rooms.accept(room, owner);
      return done;
    },
  };
}
