import type { Member } from '../../common/cluster/membership.ts';
import { leastLoaded } from '../../common/cluster/placement.ts';
import type { ErrorCode } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';

/** Agents that a mix would rather be on, or rather not. */
export interface Preferences {
  /** Subscriptions name them: perhaps it runs there already. */
  named: ReadonlySet<MemberId>;
  /** It has just ended there. */
  avoided: ReadonlySet<MemberId>;
}

/** The agent for a mix: one that is named, else the least loaded one. */
export function chooseMixer(
  candidates: readonly Member[],
  { named, avoided }: Preferences,
): MemberId | undefined {
  const usable = candidates.filter(({ id }) => !avoided.has(id));
  const preferred = usable.filter(({ id }) => named.has(id));
  return (leastLoaded(preferred) ?? leastLoaded(usable) ?? leastLoaded(candidates))?.id;
}

const passing: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'worker_lost',
  'closing',
  'timeout',
  'connection_lost',
  'resource_exhausted',
  'internal',
]);

/** Whether an error means: not this agent, or not now. Of all others the spec is the cause. */
export const isPassing = (code: ErrorCode): boolean => passing.has(code);
