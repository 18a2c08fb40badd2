/** Decoders that may come up at the same time. */
const limit = 2;
/** One that has no picture after this does not keep others waiting any longer, ms: its source may give no key frame. */
const patienceMs = 1_000;
/** From one start to the next, ms: to start a process keeps this one busy for as long as composing several pictures. */
const apartMs = 80;

/**
 * Whose turn it is to start an FFmpeg. After a change of the layout all regions need another decoder, and the start of one
 * takes as much CPU as seconds of its work: all at once would take the time of the clock and of the decoders that run.
 */
export class Starts {
  readonly #starting = new Map<object, number>();
  #lastAt = -Infinity;

  /** @returns whether it may start now; if so, `ended` is to be called, also more than once */
  may(who: object, now: number): boolean {
    for (const [one, until] of this.#starting) if (until <= now) this.#starting.delete(one);
    if (this.#starting.size >= limit || now - this.#lastAt < apartMs) return false;
    this.#lastAt = now;
    this.#starting.set(who, now + patienceMs);
    return true;
  }

  /** It has its first picture, or will never have one. */
  ended(who: object): void {
    this.#starting.delete(who);
  }
}
