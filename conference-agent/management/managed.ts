import type { ManagedParticipant, ManagedSubscription } from '../../common/contract/management.ts';
import type { Participant } from '../participant.ts';
import type { Subscription } from '../room-state.ts';

/** A participant as management sees it. */
export function managedParticipant(participant: Participant): ManagedParticipant {
  const { id, user, role, permission, attributes, joinedAt, lost, token, portal, agent } = participant;
  return {
    id,
    user,
    role,
    permission,
    joinedAt,
    connection: lost === undefined ? 'ok' : 'lost',
    token,
    portal,
    ...(attributes === undefined ? {} : { attributes }),
    ...(agent === undefined ? {} : { agent }),
  };
}

export function managedSubscription({ grant, agent }: Subscription): ManagedSubscription {
  const tracks = grant.tracks.map(({ id, stream, type, paused }) => ({ id, stream, type, paused }));
  return { id: grant.id, participant: grant.participant, agent, tracks };
}
