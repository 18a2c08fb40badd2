import type { MemberId } from '../../common/contract/ids.ts';

/** How long an agent on which something has just ended is avoided, ms. */
const avoidMs = 5_000;
/** Losses within that time after which there is a pause before each placing. */
const manyLosses = 3;
const pauseMs = 1_000;

/** Agents on which something has just ended: for a while others come first. */
export class Avoided {
  readonly #until = new Map<MemberId, number>();
  #recent: number[] = [];

  add(agent: MemberId): void {
    const until = performance.now() + avoidMs;
    this.#until.set(agent, until);
    this.#recent.push(until);
  }

  get agents(): Set<MemberId> {
    const now = performance.now();
    for (const [agent, until] of this.#until) if (until < now) this.#until.delete(agent);
    return new Set(this.#until.keys());
  }

  /** How long to wait before it is placed again, ms: long only when it was lost again and again. */
  get waitMs(): number {
    const now = performance.now();
    this.#recent = this.#recent.filter((until) => until >= now);
    return this.#recent.length > manyLosses ? pauseMs : 0;
  }
}
