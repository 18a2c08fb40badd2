import type { Departure, Member, Membership } from '../../cluster/membership.ts';
import type { Prober } from '../../cluster/prober.ts';
import { memberAddress, type MemberId } from '../../contract/ids.ts';

/**
 * How long another agent may be unreachable before it counts as lost, ms: its connection may only have broken for a
 * moment, and its media never stopped.
 */
const graceMs = 2_000;

/** Tells when another agent is gone. */
export class Peers {
  readonly #membership: Membership;
  readonly #prober: Prober;

  constructor(membership: Membership, prober: Prober) {
    this.#membership = membership;
    this.#prober = prober;
  }

  /** Calls `onLost` once when the member is gone. Returns a function that ends the watch. */
  watch(member: MemberId, onLost: () => void): () => void {
    const lost = () => {
      stop();
      onLost();
    };
    const left = ({ id }: Member, why: Departure) => {
      // Somebody else found it unserved: the probes here have the last word.
      if (id === member && why !== 'gone') lost();
    };
    const unwatch = this.#prober.watch(memberAddress(member), lost, graceMs);
    this.#membership.on('left', left);
    const stop = () => {
      unwatch();
      this.#membership.off('left', left);
    };
    return stop;
  }
}
