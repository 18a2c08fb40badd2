import type { RoomId, TokenId } from '../../common/contract/ids.ts';
import type { Revocation } from '../../common/contract/management.ts';

/** A token, or whoever came in with it. */
export interface Holder {
  room: RoomId;
  token: TokenId;
  user: string;
  /** Who signed the token; absent: not known, then any may be meant. */
  service?: string | undefined;
  /** When the token was issued, or its holder joined, ms. */
  at: number;
}

/** How often those that are over are forgotten, at most, ms. */
const sweepMs = 60_000;

/** Tokens that were revoked, until none of them can be valid any more. */
export class Revocations {
  /** By what they name: one token, a user, a room. */
  readonly #known = new Map<string, Map<string, Revocation>>();
  #sweptAt = 0;

  add(revocations: readonly Revocation[], now = Date.now()): void {
    if (now - this.#sweptAt >= sweepMs) this.#sweep(now);
    for (const revocation of revocations) {
      const key = keyOf(revocation);
      if (key === undefined || revocation.until < now) continue;
      const same = this.#known.get(key) ?? new Map<string, Revocation>();
      this.#known.set(key, same.set(revocation.id, revocation));
    }
  }

  /** Whether one of them concerns a token or its holder. */
  concern(holder: Holder): boolean {
    const { token, user, room } = holder;
    const keys = [`token ${token}`, `user ${user}`, `room ${room}`];
    return keys.some((key) =>
      [...(this.#known.get(key)?.values() ?? [])].some((one) => concerns(one, holder)),
    );
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [key, revocations] of this.#known) {
      for (const [id, { until }] of revocations) if (until < now) revocations.delete(id);
      if (revocations.size === 0) this.#known.delete(key);
    }
  }
}

function keyOf({ token, user, room }: Revocation): string | undefined {
  if (token !== undefined) return `token ${token}`;
  if (user !== undefined) return `user ${user}`;
  return room === undefined ? undefined : `room ${room}`;
}

function concerns(revocation: Revocation, { room, token, service, at }: Holder): boolean {
  if (service !== undefined && service !== revocation.service) return false;
  if (revocation.token !== undefined) return revocation.token === token;
  return (revocation.room ?? room) === room && at <= revocation.at;
}
