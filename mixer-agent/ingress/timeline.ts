/** Media are played so long after they have come, ms, so that what comes a little later is in time. */
const leadMs = { copied: 250, decoded: 600 };
/** Less is no reason to play later from now on, ms. */
const toleranceMs = 40;
/** Times of one source further apart than this do not belong together, ms. */
const jumpMs = 10_000;
/** How much more may wait than at the beginning before it is worked off, ms. */
const surplusMs = 500;
const windowMs = 10_000;
/** So much of that each second, ms. */
const slewMs = 1;

/**
 * Says when what a source sends is to be played: both its tracks by one clock, as its timestamps say. When the source falls
 * behind, everything is later from then on; when it is faster than our clock, what waits is slowly worked off. All times
 * are ms; timestamps those of the source, others of `performance.now()`.
 */
export class Timeline {
  readonly #leadMs: number;
  /** Time at which the timestamp 0 is played; undefined: nothing is played yet. */
  #origin: number | undefined;
  #first: number | undefined;
  #newest = -Infinity;
  /** What has waited at least in this window. */
  #least = Infinity;
  #windowEnd = -Infinity;
  #surplus = false;

  /** @param decoded something has to be decoded, which takes a moment */
  constructor(decoded: boolean) {
    this.#leadMs = decoded ? leadMs.decoded : leadMs.copied;
  }

  get begun(): boolean {
    return this.#origin !== undefined;
  }

  /**
   * Something has come from the source.
   * @returns false: its timestamp does not belong to those before
   */
  came(time: number, now: number): boolean {
    if (this.#first !== undefined && Math.abs(time - this.#newest) > jumpMs) return false;
    this.#first ??= time;
    this.#newest = Math.max(this.#newest, time);
    this.#least = Math.min(this.#least, this.ahead(now));
    return true;
  }

  /** What has come is played from now on. */
  begin(now: number): void {
    if (this.#first !== undefined) this.#origin ??= now + this.#leadMs - this.#first;
  }

  /** When a timestamp is played. */
  at(time: number): number {
    return this.#origin === undefined ? Infinity : this.#origin + time;
  }

  /** Something can be played only now: if that is too late, all that follows is played later. */
  arrived(time: number, now: number): void {
    const late = now - this.at(time);
    if (this.#origin === undefined || late < toleranceMs) return;
    this.#origin += late + this.#leadMs / 2;
    this.#least = Infinity;
  }

  /** How much there is to play. */
  ahead(now: number): number {
    if (this.#first === undefined) return 0;
    return this.#origin === undefined ? this.#newest - this.#first : this.#origin + this.#newest - now;
  }

  /** Called each second, for sources that send at their own pace. */
  settle(now: number): void {
    if (this.#surplus && this.#origin !== undefined) this.#origin -= slewMs;
    if (now < this.#windowEnd) return;
    this.#surplus = this.#least < Infinity && this.#least > this.#leadMs + surplusMs;
    this.#least = Infinity;
    this.#windowEnd = now + windowMs;
  }
}
