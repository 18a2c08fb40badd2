import type {
  ManagedParticipant,
  ManagedSubscription,
  RoomSummary,
} from '../../common/contract/management.ts';
import type { Participant } from '../participant.ts';
import type { RoomState, Subscription } from '../room-state.ts';

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

/** A room in a line, but for who owns it and since when. */
export function managedRoom(state: RoomState): Omit<RoomSummary, 'since' | 'owner'> {
  const { id, participants, announced, subscriptions } = state;
  const egresses = [...state.egresses.values()];
  const recordings = egresses.filter(({ isRecording }) => isRecording).length;
  return {
    room: id,
    participants: participants.size,
    streams: announced.length,
    subscriptions: subscriptions.size,
    recordings,
    live: egresses.length - recordings,
  };
}
