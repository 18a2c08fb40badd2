/** What the engine has counted of a track so far, and what it says of the last moment by itself. */
export interface Counters {
  bytes: number;
  packets: number;
  lost: number;
  /** bits/s. */
  bitrate: number;
  /** 0..1. */
  fractionLost: number;
}

interface Look {
  /** ms, monotonic. */
  at: number;
  counters: Counters;
}

/** A difference over less says little, ms. */
const shortestMs = 500;
/** A difference over more does not say what is going on right now, ms. */
const longestMs = 10_000;

/** Turns counters that are looked at now and then into rates. Costs nothing while nobody looks. */
export class RateMeter {
  #last: Look | undefined;
  #previous: Look | undefined;

  /**
   * Rates since the look before; the first one, or the first after a long time, takes the engine's word.
   * @param now ms, monotonic
   * @returns bits/s, and part of the packets lost (0..1)
   */
  look(counters: Counters, now = performance.now()): { bitrate: number; loss: number } {
    const isSoon = this.#last !== undefined && now - this.#last.at < shortestMs;
    const base = isSoon ? this.#previous : this.#last;
    if (!isSoon) {
      this.#previous = this.#last;
      this.#last = { at: now, counters };
    }
    return base === undefined || !continues(base, counters, now)
      ? { bitrate: counters.bitrate, loss: bounded(counters.fractionLost) }
      : between(base, counters, now);
  }
}

/** Counters that went back belong to another stream: the client has begun to send anew. */
function continues({ at, counters: before }: Look, counters: Counters, now: number): boolean {
  return now - at <= longestMs && counters.bytes >= before.bytes && counters.packets >= before.packets;
}

function between({ at, counters: before }: Look, counters: Counters, now: number) {
  const lost = Math.max(0, counters.lost - before.lost);
  const expected = counters.packets - before.packets + lost;
  const bitrate = Math.round(((counters.bytes - before.bytes) * 8_000) / (now - at));
  return { bitrate, loss: expected === 0 ? 0 : bounded(lost / expected) };
}

const bounded = (part: number): number => Math.min(1, Math.max(0, part));
