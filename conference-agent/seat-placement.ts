import type { Member } from '../common/cluster/membership.ts';
import { eligible, leastLoaded } from '../common/cluster/placement.ts';
import type { MemberId } from '../common/contract/ids.ts';

/**
 * Chooses the access agent for a new seat.
 * @param all those that may be chosen
 * @param seats how many participants of the room each agent has already
 */
export function placeSeat(
  all: readonly Member[],
  seats: ReadonlyMap<MemberId, number>,
  placement: 'pack' | 'spread',
): MemberId | undefined {
  return (placement === 'spread' ? spread(all, seats) : pack(all, seats))?.id;
}

/** The fewest participants of this room, then the least load. */
function spread(all: readonly Member[], seats: ReadonlyMap<MemberId, number>): Member | undefined {
  const count = ({ id }: Member) => seats.get(id) ?? 0;
  return eligible(all).toSorted(
    (a, b) => count(a) - count(b) || a.load - b.load || (a.id < b.id ? -1 : 1),
  )[0];
}

/** Where most of the room is already, as long as that agent may get new work; else the least loaded. */
function pack(all: readonly Member[], seats: ReadonlyMap<MemberId, number>): Member | undefined {
  const count = ({ id }: Member) => seats.get(id) ?? 0;
  const here = eligible(all).filter(({ id }) => seats.has(id));
  return here.toSorted((a, b) => count(b) - count(a) || (a.id < b.id ? -1 : 1))[0] ?? leastLoaded(all);
}
