/**
 * Carries messages inside a process: never within the call that sent them, and in order. With a delay (for tests)
 * each lane, one sender to one receiver, keeps its order while lanes overtake each other.
 */
export class Carrier {
  readonly #delay: (() => number) | undefined;
  readonly #lanes = new Map<string, (() => void)[]>();

  /** @param delay ms that the next message takes */
  constructor(delay?: () => number) {
    this.#delay = delay;
  }

  carry(lane: string, task: () => void): void {
    if (this.#delay === undefined) setImmediate(task);
    else this.#carryLater(lane, task, this.#delay());
  }

  /** Whichever timer of a lane fires first delivers its first message, so the order holds whatever the delays are. */
  #carryLater(lane: string, task: () => void, ms: number): void {
    const waiting = this.#lanes.get(lane) ?? [];
    this.#lanes.set(lane, waiting);
    waiting.push(task);
    setTimeout(() => {
      const next = waiting.shift();
      if (waiting.length === 0) this.#lanes.delete(lane);
      next?.();
    }, ms);
  }
}
