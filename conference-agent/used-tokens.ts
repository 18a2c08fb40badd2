import type { UsedToken } from '../common/contract/cluster.ts';
import type { TokenId } from '../common/contract/ids.ts';
import type { LeaveReason } from '../common/contract/reasons.ts';
import type { Participant } from './participant.ts';

type End = Pick<UsedToken, 'exp' | 'ended'>;

/** The first reason stays; the later expiry counts. */
const endOf = (known: End, added: End): End => ({
  exp: Math.max(known.exp, added.exp),
  ended: known.ended ?? added.ended,
});

/** Tokens that were used and have not expired: nobody joins with them again. */
export class UsedTokens {
  readonly #tokens = new Map<TokenId, UsedToken>();

  get(id: TokenId): UsedToken | undefined {
    return this.#tokens.get(id);
  }

  /** Remembers a token; what is known already wins, but that its participant left for good is never forgotten. */
  add(token: UsedToken): void {
    const known = this.#tokens.get(token.id);
    if (known === undefined) this.#tokens.set(token.id, token);
    else if (token.ended !== undefined) this.#tokens.set(token.id, { ...known, ...endOf(known, token) });
  }

  /**
   * The participant of a token left for good: no ticket brings it back.
   * @param until when its last ticket expires, ms since 1970
   */
  end({ token: id, id: participant }: Participant, reason: LeaveReason, until: number): void {
    const known = this.#tokens.get(id) ?? { id, exp: 0, participant, at: Date.now() };
    const exp = Math.ceil(until / 1000);
    this.#tokens.set(id, { ...known, ...endOf(known, { exp, ended: reason }) });
  }

  /** Takes a token back whose join failed. */
  remove(id: TokenId): void {
    this.#tokens.delete(id);
  }

  /** All that have not expired; forgets the rest. */
  list(now = Date.now()): UsedToken[] {
    // A minute of grace covers clocks that differ between machines.
    for (const [id, token] of this.#tokens) if (token.exp * 1000 + 60_000 < now) this.#tokens.delete(id);
    return [...this.#tokens.values()];
  }
}
