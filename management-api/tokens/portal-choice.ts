import type { Member, Membership } from '../../common/cluster/membership.ts';
import { leastLoaded } from '../../common/cluster/placement.ts';
import { PorticoError } from '../../common/contract/errors.ts';

/** Where a client connects: what tokens say about it, and the whole URL. */
export interface PortalPlace {
  readonly host: string;
  readonly secure: boolean;
  readonly url: string;
}

/**
 * The least loaded portal that takes new clients.
 * @throws PorticoError `resource_exhausted` when there is none
 */
export function choosePortal(membership: Membership): PortalPlace {
  const reachable = membership.members('portal').filter(({ url }) => url !== undefined && URL.canParse(url));
  const { url = '' }: Partial<Member> = leastLoaded(reachable) ?? {};
  if (url === '')
    throw new PorticoError('resource_exhausted', 'Failed to get portal', { retryAfterMs: 1_000 });
  const { host, protocol } = new URL(url);
  return { host, secure: protocol === 'https:' || protocol === 'wss:', url };
}
