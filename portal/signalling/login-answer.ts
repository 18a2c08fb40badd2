import type { ClientOutput } from '../../common/contract/client.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import type { IceServer } from '../../common/contract/media.ts';
import type { Output } from '../../common/contract/rpc.ts';

export interface LoginFacts {
  native: boolean;
  user: string;
  role: string;
  join: Output<RoomContract, 'join'>;
  iceServers: IceServer[];
}

/** The answer to a login, for our own clients or in OWT's shape (OWT 1.3). */
export function loginAnswer(facts: LoginFacts): ClientOutput<'login'> | OwtLoginAnswer {
  return facts.native ? nativeAnswer(facts) : owtAnswer(facts);
}

function nativeAnswer({ user, role, join, iceServers }: LoginFacts): ClientOutput<'login'> {
  const { owner, result } = join;
  const { id, permission, room, seq, media } = result;
  const cursor = { epoch: owner.epoch, seq };
  return { id, user, role, permission, room, iceServers, cursor, ...(media === undefined ? {} : { media }) };
}

interface OwtLoginAnswer {
  id: string;
  user: string;
  role: string;
  permission: unknown;
  room: { id: string; views: string[]; participants: unknown[]; streams: unknown[] };
}

function owtAnswer({ user, role, join }: LoginFacts): OwtLoginAnswer {
  const { id, permission, room } = join.result;
  const { publish, subscribe } = permission;
  const participants = room.participants.map((other) => ({
    id: other.id,
    user: other.user,
    role: other.role,
  }));
  return { id, user, role, permission: { publish, subscribe }, room: { ...room, participants } };
}
