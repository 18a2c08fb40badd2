/* Keeps a sum of many sounds within what can be encoded. Pure. */

/** Frames that are looked at together: 5 ms. */
const partFrames = 240;
/** The gain never falls faster than over this, unless it must: 0.5 ms. */
const fastestFall = 24;
/** Part of the way back to 1 that the gain goes in 5 ms: most of it within 300 ms. */
const recovery = 0.03;
/** Below this it counts as 1 again. */
const unity = 0.9999;

/**
 * A limiter without delay: a sound within -1..1 passes untouched, a louder one is turned down so far that its peaks just
 * fit, and comes back slowly. A block is looked at as a whole, so the gain is low before a peak comes, except for one
 * within the first 5 ms of a block.
 */
export class Limiter {
  #gain: number;

  /** @param gain that it begins with */
  constructor(gain = 1) {
    this.#gain = gain;
  }

  get gain(): number {
    return this.#gain;
  }

  /** Limits a block in place. Afterwards all of it is within -1..1. */
  limit(block: Float32Array): void {
    let here = peakOf(block, 0);
    for (let start = 0; 2 * start < block.length; start += partFrames) {
      const next = peakOf(block, start + partFrames);
      this.#limitPart(block, start, { here, next });
      here = next;
    }
  }

  #limitPart(block: Float32Array, start: number, { here, next }: { here: number; next: number }): void {
    const from = this.#gain;
    const most = 1 / Math.max(1, here, next);
    const back = from + (1 - from) * recovery;
    const to = Math.min(back > unity ? 1 : back, most);
    this.#gain = to;
    if (from === 1 && to === 1) return;
    const fall = here * from > 1 ? firstAbove(block, start, 1 / from) : partFrames;
    applyGain(block, start, { from, to, over: Math.max(fastestFall, fall) });
  }
}

/** Largest sample of a part, either sign. */
function peakOf(block: Float32Array, start: number): number {
  const end = Math.min(block.length, 2 * (start + partFrames));
  let peak = 0;
  for (let index = 2 * start; index < end; index += 1) peak = Math.max(peak, Math.abs(block[index] ?? 0));
  return peak;
}

/** First frame of a part that is louder than a limit, counted from its start. */
function firstAbove(block: Float32Array, start: number, limit: number): number {
  for (let frame = 0; frame < partFrames; frame += 1) {
    const index = 2 * (start + frame);
    if (Math.abs(block[index] ?? 0) > limit || Math.abs(block[index + 1] ?? 0) > limit) return frame;
  }
  return partFrames;
}

function applyGain(
  block: Float32Array,
  start: number,
  { from, to, over }: { from: number; to: number; over: number },
): void {
  const end = Math.min(block.length, 2 * (start + partFrames));
  for (let index = 2 * start; index < end; index += 1) {
    const passed = (index >> 1) - start + 1;
    const gain = passed >= over ? to : from + ((to - from) * passed) / over;
    const value = (block[index] ?? 0) * gain;
    // A peak in the first 0.5 ms is faster than the gain; the last digit of a float may also be one too many.
    block[index] = value > 1 ? 1 : value < -1 ? -1 : value;
  }
}
