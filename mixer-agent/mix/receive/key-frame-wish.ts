const askAgainMs = 400;
/** A sender that sends nothing may be waiting for the request, or be gone. */
const askSilentSenderAgainMs = 2_000;

/** When to ask the sender of a feed for a key frame: at most each 400 ms, again until one comes. */
export class KeyFrameWish {
  #wanted = false;
  #notBefore = -Infinity;
  #asked = -Infinity;
  /** Packets came since it was asked. */
  #heard = true;

  get wanted(): boolean {
    return this.#wanted;
  }

  /** @param graceMs How long one may be on its way already. */
  want(now: number, graceMs = 0): void {
    if (!this.#wanted || graceMs === 0) this.#notBefore = Math.max(now + graceMs, this.#asked + askAgainMs);
    this.#wanted = true;
  }

  came(): void {
    this.#wanted = false;
  }

  heard(): void {
    this.#heard = true;
  }

  /** Whether to ask now. */
  due(now: number): boolean {
    if (!this.#wanted || now < this.#notBefore) return false;
    if (!this.#heard && now < this.#asked + askSilentSenderAgainMs) return false;
    this.#asked = now;
    this.#notBefore = now + askAgainMs;
    this.#heard = false;
    return true;
  }
}
