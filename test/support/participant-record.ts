import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import { ParticipantId, TokenId } from '../../common/contract/ids.ts';

/** A participant as its portal keeps it; `user` is also its id. */
export function participantRecord(user: string, some: Partial<ParticipantRecord> = {}): ParticipantRecord {
  return {
    id: ParticipantId.parse(user),
    user,
    role: 'presenter',
    permission: {},
    joinedAt: 1,
    token: TokenId.parse(`token-${user}`),
    protocol: 'portico/1',
    generations: { oldest: 1, newest: 1 },
    ...some,
  };
}
