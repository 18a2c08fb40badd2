import type { ClientOutput, Protocol } from '../../common/contract/client.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import type { IceServer } from '../../common/contract/media.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { toOwtStream, type OwtProtocol } from './owt-stream.ts';

export interface LoginFacts {
  protocol: Protocol;
  user: string;
  role: string;
  join: Output<RoomContract, 'join'>;
  iceServers: IceServer[];
  /** To come back with. */
  ticket: string;
  /** Whether coming back is possible at all. */
  keepsPlaces: boolean;
  /** URLs of all portals. */
  portals: string[];
}

/** The answer to a login, for our own clients or in OWT's shape (OWT 1.3). */
export function loginAnswer(facts: LoginFacts): ClientOutput<'login'> | OwtLoginAnswer {
  const { protocol } = facts;
  return protocol === 'portico/1' ? nativeAnswer(facts) : owtAnswer(facts, protocol);
}

function nativeAnswer(facts: LoginFacts): ClientOutput<'login'> {
  const { user, role, join, iceServers, ticket, keepsPlaces, portals } = facts;
  const { owner, result } = join;
  const { id, permission, room, seq, media } = result;
  return {
    id,
    user,
    role,
    permission,
    room,
    iceServers,
    cursor: { epoch: owner.epoch, seq },
    ...(media === undefined ? {} : { media }),
    ...(keepsPlaces ? { ticket } : {}),
    portals,
  };
}

interface OwtLoginAnswer {
  id: string;
  user: string;
  role: string;
  permission: unknown;
  room: { id: string; views: string[]; participants: unknown[]; streams: unknown[] };
  reconnectionTicket: string;
}

/** OWT's SDKs read the ticket without looking whether there is one, so they always get one. */
function owtAnswer({ user, role, join, ticket }: LoginFacts, protocol: OwtProtocol): OwtLoginAnswer {
  const { id, permission, room } = join.result;
  const { publish, subscribe } = permission;
  const participants = room.participants.map((other) => ({
    id: other.id,
    user: other.user,
    role: other.role,
  }));
  return {
    id,
    user,
    role,
    permission: { publish, subscribe },
    room: {
      id: room.id,
      views: room.views,
      participants,
      streams: room.streams.map((stream) => toOwtStream(stream, protocol)),
    },
    reconnectionTicket: ticket,
  };
}
