import type { Departure, Member, Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import { memberAddress } from '../common/contract/ids.ts';
import type { Census } from './census.ts';
import type { RoomCore } from './room-core.ts';
import type { Outside } from './outside.ts';
import type { Mixing } from './views/mixing.ts';

export interface MemberWatchParts {
  membership: Membership;
  prober: Prober;
  census: Census;
  mixing: Mixing;
  outside: Outside;
}

/** Tells the parts of a room which members come and go. Returns what ends it. */
export function watchMembers(core: RoomCore, parts: MemberWatchParts): () => void {
  const { membership, prober, census, mixing, outside } = parts;
  const { agents, mixers, portals, events, state } = core;
  const onLeft = ({ id, role }: Member, why: Departure) => {
    // Somebody found its address unserved; that may be a connection that is back in a moment.
    if (why === 'gone') prober.check(memberAddress(id));
    else if (role === 'access') agents.lost(id);
    else if (role === 'mixer') mixers.lost(id);
    else if (role === 'portal') portals.lost(id);
  };
  const onJoined = ({ id, role }: Member) => {
    if (role === 'api') events.wake();
    mixing.joined(id, role);
    outside.joined(id, role);
    const waiting = [...state.participants.values()].some(
      ({ stranded, portal }) => stranded && portal === id,
    );
    if (waiting) void census.hearAgain(id);
  };
  membership.on('left', onLeft).on('joined', onJoined);
  return () => membership.off('left', onLeft).off('joined', onJoined);
}
