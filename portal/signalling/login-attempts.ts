import type { ParticipantId, TokenId } from '../../common/contract/ids.ts';

/** One login that is under way. */
export interface Attempt {
  /** The room may hold this participant although its client is not there. */
  orphan(id: ParticipantId): void;
  /**
   * The login is over.
   * @returns participants to take back from the room: those of all attempts, once the last one is over.
   */
  end(): Iterable<ParticipantId>;
}

/**
 * Logins under way, by token. A client whose connection breaks while it joins comes back with the same token and gets
 * the same participant: the first attempt must not take away what the second one has just been given.
 */
export class Attempts {
  readonly #byToken = new Map<TokenId, { running: number; orphans: Set<ParticipantId> }>();

  begin(token: TokenId): Attempt {
    const group = this.#byToken.get(token) ?? { running: 0, orphans: new Set() };
    group.running += 1;
    this.#byToken.set(token, group);
    return {
      orphan: (id) => group.orphans.add(id),
      end: () => {
        group.running -= 1;
        if (group.running > 0) return [];
        this.#byToken.delete(token);
        return group.orphans;
      },
    };
  }
}
