import { randomUUID } from 'node:crypto';
import type { Bus, CallOptions } from '../../common/bus/bus.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { pause } from '../../common/lifecycle/wait.ts';

/** What a stand-in needs of the process that it plays. */
export interface ScriptedMember {
  bus: Bus;
  membership: Membership;
}

/** How long one attempt may take: its owner may be dead. */
const attemptMs = 700;
const passing = new Set(['unavailable', 'timeout', 'connection_lost', 'closing', 'stale_owner', 'taken']);

/** Calls a room like a portal or agent does: whoever owns it, for as long as it takes. */
export async function persistently<T>(
  bus: Bus,
  task: (options: CallOptions) => Promise<T>,
  onUnserved: () => Promise<void>,
): Promise<T> {
  const limit = performance.now() + 8_000;
  let id = randomUUID();
  for (;;) {
    try {
      return await task({ id, timeoutMs: attemptMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (!passing.has(code) || performance.now() > limit || bus.state === 'closed') throw error;
      // Only what may have been handled is asked for again under the same id.
      if (code !== 'timeout' && code !== 'connection_lost') id = randomUUID();
      if (code === 'unavailable') await onUnserved();
      await pause(5);
    }
  }
}
