import type { UsedToken } from '../common/contract/cluster.ts';
import type { TokenId } from '../common/contract/ids.ts';

/** Tokens that were used and have not expired: nobody joins with them again. */
export class UsedTokens {
  readonly #tokens = new Map<TokenId, UsedToken>();

  get(id: TokenId): UsedToken | undefined {
    return this.#tokens.get(id);
  }

  /** Remembers a token; what is known already wins. */
  add(token: UsedToken): void {
    if (!this.#tokens.has(token.id)) this.#tokens.set(token.id, token);
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
