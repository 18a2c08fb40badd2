import { createHash } from 'node:crypto';

/** Load from which a process gets no new work while others have room. */
export const fullLoad = 0.9;

export interface Candidate {
  readonly id: string;
  readonly load: number;
  readonly draining: boolean;
}

/** Those that may get new work: not draining, below the load threshold; when all are full, the least loaded one. */
export function eligible<T extends Candidate>(candidates: readonly T[]): T[] {
  const serving = candidates.filter((candidate) => !candidate.draining);
  const free = serving.filter((candidate) => candidate.load < fullLoad);
  if (free.length > 0) return free;
  const least = serving.toSorted((a, b) => a.load - b.load)[0];
  return least === undefined ? [] : [least];
}

function weight(key: string, id: string): string {
  return createHash('sha1').update(key).update('\0').update(id).digest('hex');
}

/**
 * Rendezvous hashing: everybody who sees the same candidates picks the same one for a key, and the loss of a
 * candidate moves only its own keys. The order is the order in which to try them.
 */
export function rendezvous<T extends Candidate>(key: string, candidates: readonly T[]): T[] {
  return eligible(candidates)
    .map((candidate) => ({ candidate, rank: weight(key, candidate.id) }))
    .sort((a, b) => (a.rank < b.rank ? 1 : -1))
    .map(({ candidate }) => candidate);
}

/** The least loaded candidate. */
export function leastLoaded<T extends Candidate>(candidates: readonly T[]): T | undefined {
  return eligible(candidates).toSorted((a, b) => a.load - b.load || (a.id < b.id ? -1 : 1))[0];
}
