import type { Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import type { MemberId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';

export interface PortalsOptions {
  membership: Membership;
  prober: Prober;
  /**
   * How long a portal is unreachable before its participants count as gone, ms. Its clients are still connected when only
   * its connection to the bus broke.
   */
  graceMs: number;
  /** A portal of the room is gone with its connections. */
  onLost: (portal: MemberId) => void;
}

/** The portals that hold participants of one room. */
export class Portals {
  readonly #options: PortalsOptions;
  readonly #watches = new Map<MemberId, () => void>();
  #stopped = false;

  constructor(options: PortalsOptions) {
    this.#options = options;
  }

  /** Looks after a portal that holds participants of this room. */
  watch(portal: MemberId): void {
    if (this.#watches.has(portal) || this.#stopped) return;
    const { membership, prober, graceMs } = this.#options;
    const gone = () => {
      membership.reportGone(portal);
      this.lost(portal);
    };
    this.#watches.set(portal, prober.watch(memberAddress(portal), gone, graceMs));
  }

  /** Whether the portal is in the cluster as far as is known. */
  knows(portal: MemberId): boolean {
    return this.#options.membership.get(portal) !== undefined;
  }

  /** A portal is gone, whoever noticed. */
  lost(portal: MemberId): void {
    const unwatch = this.#watches.get(portal);
    if (unwatch === undefined) return;
    this.#watches.delete(portal);
    unwatch();
    this.#options.onLost(portal);
  }

  stop(): void {
    this.#stopped = true;
    for (const unwatch of this.#watches.values()) unwatch();
    this.#watches.clear();
  }
}
