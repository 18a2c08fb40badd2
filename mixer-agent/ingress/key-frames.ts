/** A source with more frequent key frames is never bridged: who comes late waits for the next one. */
const frequentMs = 2_200;
/** Who asks waits for a key frame of the source for so long, ms. */
const patienceMs = 1_000;
/** The same before it is known how often they come. */
const strangerPatienceMs = 500;
/** A key frame that is late by so much does not come, ms. */
const lateMs = 300;

/** Knows how often key frames of a source come, and says when somebody who asked for one waits in vain. All times are ms. */
export class KeyFrames {
  #lastAt: number | undefined;
  /** The longest one lately. */
  #interval: number | undefined;
  #askedAt: number | undefined;

  /** One is played. */
  came(at: number): void {
    const interval = this.#lastAt === undefined ? undefined : at - this.#lastAt;
    // The one before counts a little longer: they need not come evenly.
    if (interval !== undefined) this.#interval = Math.max(interval, (this.#interval ?? 0) * 0.9);
    this.#lastAt = at;
    this.#askedAt = undefined;
  }

  asked(now: number): void {
    this.#askedAt ??= now;
  }

  /** Whether somebody needs one and would have to wait for it too long. */
  missed(now: number): boolean {
    if (this.#askedAt === undefined || this.#lastAt === undefined) return false;
    if (this.#interval === undefined) return now - this.#askedAt > strangerPatienceMs;
    const due = this.#lastAt + this.#interval;
    if (now > due + lateMs) return true;
    return this.#interval > frequentMs && due - this.#askedAt > patienceMs;
  }
}
