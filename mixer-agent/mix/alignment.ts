import type { StreamId } from '../../common/contract/ids.ts';

/** Weight of what is newest. */
const weight = 1 / 32;
/** Lags known of one stream before they count. */
const enough = 16;
/** What comes first is late, because what decodes it has just begun: it does not count, ms. */
const settlingMs = 1_000;
/** Streams of which nothing came for so long do not count, ms. */
const staleMs = 3_000;
/** What is later than this says nothing about what is usual, ms. */
const plausibleMs = 1_000;
/** As long as nothing is known, ms: sound waits a little longer than pictures take to be decoded and for half a frame of 40 ms. */
const usualMs = -10;
/** The offset moves by so much at most each time it is read: receivers follow without a jerk. */
const stepMs = 0.2;

class Lag {
  #mean = 0;
  #count = 0;
  #at = -Infinity;
  #beganAt: number | undefined;

  add(lagMs: number, now: number): void {
    this.#beganAt ??= now;
    if (Math.abs(lagMs) > plausibleMs || now - this.#beganAt < settlingMs) return;
    this.#count += 1;
    this.#at = now;
    this.#mean += (lagMs - this.#mean) * Math.max(weight, 1 / this.#count);
  }

  /** Undefined: not known now. */
  mean(now: number): number | undefined {
    return this.#count < enough || now - this.#at > staleMs ? undefined : this.#mean;
  }
}

/**
 * How much later pictures come out of a mix than the sound that belongs to them. Sound waits in its lines; pictures are decoded
 * by other processes, and wait for the next point of the clock: both differ with the load and the frame rates. Sender reports
 * that take this into account let every receiver play what was captured at the same time at the same time (RFC 3550, 6.4.1).
 */
export class Alignment {
  readonly #lags = new Map<StreamId, { sound: Lag; picture: Lag }>();
  #offset: number | undefined;

  /** A block of sound is due. @param lagMs since its beginning was captured */
  sound(stream: StreamId, lagMs: number, now: number): void {
    this.#of(stream).sound.add(lagMs, now);
  }

  /** A picture is shown for the first time. @param lagMs since it was captured */
  picture(stream: StreamId, lagMs: number, now: number): void {
    this.#of(stream).picture.add(lagMs, now);
  }

  /** All inputs from now on. */
  keep(streams: ReadonlySet<StreamId>): void {
    for (const stream of this.#lags.keys()) if (!streams.has(stream)) this.#lags.delete(stream);
  }

  /** How much later pictures are than their sound, ms, as it is to count now. To be called with each block of sound. */
  offsetMs(now: number): number {
    const wanted = this.#measured(now);
    if (wanted === undefined) return this.#offset ?? usualMs;
    const offset = this.#offset ?? wanted;
    this.#offset = offset + Math.max(-stepMs, Math.min(stepMs, wanted - offset));
    return this.#offset;
  }

  /** Of inputs that have both; undefined: there are none. */
  #measured(now: number): number | undefined {
    let [sum, count] = [0, 0];
    for (const { sound, picture } of this.#lags.values()) {
      const [heard, seen] = [sound.mean(now), picture.mean(now)];
      if (heard === undefined || seen === undefined) continue;
      sum += seen - heard;
      count += 1;
    }
    return count === 0 ? undefined : sum / count;
  }

  #of(stream: StreamId): { sound: Lag; picture: Lag } {
    const known = this.#lags.get(stream) ?? { sound: new Lag(), picture: new Lag() };
    this.#lags.set(stream, known);
    return known;
  }
}
