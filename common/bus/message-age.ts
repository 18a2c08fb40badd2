const windowMs = 15_000;
const maxPeers = 1_000;

interface Peer {
  since: number;
  /** Smallest difference of the clocks in the running window and in the one before. */
  current: number;
  previous: number;
}

/**
 * Tells how old a message is without trusting that the clocks of two machines agree: the fastest message of the last
 * seconds shows their difference (plus the shortest way), and what a message takes longer is its age. A process that
 * hung finds messages in its socket that the broker had delivered in time; this is how it knows that they are stale.
 */
export class MessageAge {
  readonly #now: () => number;
  readonly #peers = new Map<string, Peer>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Age in ms of a message that its sender stamped with `at`; `peer` is undefined for a shared clock. */
  of(peer: string | undefined, at: number): number {
    const now = this.#now();
    const difference = now - at;
    if (peer === undefined) return difference;
    const known = this.#peer(peer, now, difference);
    known.current = Math.min(known.current, difference);
    return difference - Math.min(known.current, known.previous);
  }

  #peer(name: string, now: number, difference: number): Peer {
    const known = this.#peers.get(name);
    if (known === undefined)
      return this.#add(name, { since: now, current: difference, previous: difference });
    if (now - known.since > windowMs) {
      known.previous = now - known.since > 2 * windowMs ? difference : known.current;
      known.current = difference;
      known.since = now;
    }
    return known;
  }

  #add(name: string, peer: Peer): Peer {
    this.#peers.set(name, peer);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > maxPeers && oldest !== undefined) this.#peers.delete(oldest);
    return peer;
  }
}
