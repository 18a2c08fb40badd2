import { within } from '../common/lifecycle/wait.ts';
import type { PortalList } from './portal-list.ts';
import type { SessionSet } from './signalling/session-set.ts';
import type { Session } from './signalling/session.ts';

export interface DrainOptions {
  /** How long clients are given to go, ms. */
  limitMs: number;
  /** How long a room may take to learn that a participant is away, ms. */
  farewellMs: number;
}

/**
 * Sends the clients of a portal that is about to end to the other ones. Ours are told to go and go when it suits them, one
 * after the other; their old connection ends when they have arrived. Those that cannot be told are cut off, as they
 * connect again by themselves. Resolves when nobody is left to wait for.
 */
export async function drain(
  sessions: SessionSet,
  portals: PortalList,
  { limitMs, farewellMs }: DrainOptions,
): Promise<void> {
  portals.drain();
  if (portals.others.length === 0) return;
  const ours = (session: Session) => session.isNative;
  for (const session of sessions.all()) if (!ours(session)) void session.shutdown(farewellMs);
  await within(sessions.without(ours), limitMs, () => new Error('time is up')).catch(() => undefined);
}
