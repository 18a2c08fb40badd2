import type { Inventory } from '../../common/contract/cluster.ts';
import type { EgressSpec, EgressState, EgressTarget } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId } from '../../common/contract/ids.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { RoomState } from '../room-state.ts';
import type { Changeable } from './egress-changes.ts';
import { describeTracks } from './egress-tracks.ts';

/** A recording or live stream as a mixer agent lists it. */
export type ListedEgress = NonNullable<Inventory['egresses']>[number];

/** All that one is to be, but the number of the spec. */
export type EgressBody = Omit<EgressSpec, 'revision'>;

/** What somebody wants to be recorded or sent. */
export interface EgressOrder extends Changeable {
  id: EgressId;
  target: EgressTarget;
  origin: EgressSpec['origin'];
  /** ms since 1970. */
  startedAt: number;
  /** The request in one text, to tell a retry from another one; absent: not known here. */
  request?: string | undefined;
}

/** Participants that a spec names at most. */
const mostNamed = 1_000;

/**
 * What a mixer agent is told.
 * @param now what it receives now, which part it is, and what an owner before this one told of it
 */
export function egressBody(
  state: RoomState,
  { id, target, startedAt, origin }: EgressOrder,
  now: Changeable & { part: number; before: Pick<EgressSpec, 'audio' | 'video'> | undefined },
): EgressBody {
  const people = target.type === 'recording' ? [...state.participants.values()].slice(0, mostNamed) : [];
  return {
    id,
    room: state.id,
    part: now.part,
    target,
    ...describeTracks(state, now.tracks, now.before),
    keyFrameInterval: now.keyFrameInterval,
    startedAt,
    origin,
    participants: people.map((participant) => ({ id: participant.id, user: participant.user })),
  };
}

/** Why it is over by its state alone. */
export function reasonOf({ status }: EgressState): EgressEndReason | undefined {
  if (status === 'failed') return 'failed';
  return status === 'ended' || status === 'finalising' ? 'stopped' : undefined;
}

/** There is none of this id that is not over. */
export const noEgress = (id: string): PorticoError =>
  new PorticoError('egress_not_found', `there is no recording or live stream '${id}' that runs`, {
    field: 'id',
  });
