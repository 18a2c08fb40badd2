import { randomBytes } from 'node:crypto';
import type { Config } from '../../common/config/schema.ts';
import type { RoomId, TokenId } from '../../common/contract/ids.ts';
import type { Revocation } from '../../common/contract/management.ts';
import { maxTokenLifetime } from '../../common/contract/token.ts';
import type { Pushes } from '../live/pushes.ts';
import type { Revocations } from '../store/store.ts';

export interface RevokeOptions {
  config: Config;
  revocations: Revocations;
  pushes: Pushes;
}

/** Which tokens: one, or all of a user or room. */
export interface RevocationTarget {
  token?: TokenId;
  user?: string;
  room?: RoomId;
}

/** Clocks of issuers may run ahead by this; ms. */
const skewMs = 60_000;

/**
 * How long a revocation must be remembered, ms: no token lives longer, no ticket of whoever joined with one, and no
 * place that is kept.
 */
function memoryMs({ reconnection }: Config): number {
  const ticketMs = reconnection.ticket_lifetime_s * 1_000 + reconnection.window_ms;
  return Math.max(maxTokenLifetime * 1_000, ticketMs) + skewMs;
}

/** Stores a revocation, then tells the agents. */
export async function revoke(
  { config, revocations, pushes }: RevokeOptions,
  service: string,
  target: RevocationTarget,
): Promise<Revocation & { dropped: number }> {
  const at = Date.now();
  const revocation: Revocation = {
    id: randomBytes(12).toString('hex'),
    service,
    ...target,
    at,
    until: at + memoryMs(config),
  };
  await revocations.add(revocation);
  return { ...revocation, dropped: await pushes.revoke(revocation) };
}
