import { Lane } from './lane.ts';

/** A line moves by at most 2 ms each 20 ms: what is heard and seen is stretched, never cut. */
const slewPerMs = 2 / 20;
const maxStepMs = 2;
const measureEachMs = 250;

/** The release clock ticks each 5 ms. */
const marginMs = 5;
/** Transit times wander by this much for no reason, ms. */
const noiseMs = 5;
/** The delay gets shorter only when that is worth moving for, ms. */
const shorterMs = 10;
/** Streams of one sender do not differ by more in transit: their reports are of different clocks, ms. */
const implausibleMs = 1_000;

const noise = (held: number | undefined, value: number): number =>
  held === undefined || Math.abs(held - value) > noiseMs ? value : held;

/**
 * When the media of one input are played: all its streams at capture + the same delay, so that they stay in sync.
 *
 * The shortest transit of late counts as none, i.e. as the capture time of what it brought. Where sender reports say how
 * the streams belong together that is one for all; before them each stream has its own. The delay is what the slowest
 * stream needs in 95 of 100 cases, between two limits.
 */
export class Playout {
  readonly #limits: { minMs: number; maxMs: number };
  readonly #lanes = new Map<Lane, { origin: number | undefined }>();
  #delay: number;
  #delayTarget: number;
  /** Local clock - sender's clock, for lanes with reports. */
  #clockOffset: number | undefined;
  #measuredAt = -Infinity;
  #movedAt: number | undefined;

  constructor(limits: { minMs: number; maxMs: number }) {
    this.#limits = limits;
    this.#delay = this.#delayTarget = limits.minMs;
  }

  get delayMs(): number {
    return this.#delay;
  }

  get maxDelayMs(): number {
    return this.#limits.maxMs;
  }

  addLane(clockRate: number): Lane {
    const lane = new Lane(clockRate);
    this.#lanes.set(lane, { origin: undefined });
    return lane;
  }

  removeLane(lane: Lane): void {
    this.#lanes.delete(lane);
  }

  captureMs(lane: Lane, timestamp: number): number {
    return lane.playoutMs(timestamp) - this.#delay;
  }

  /** Moves the lanes on; to be called often, with the time in ms. */
  move(now: number): void {
    if (now - this.#measuredAt >= measureEachMs) {
      this.#measuredAt = now;
      this.#measure(now);
    }
    const stepMs = Math.max(0, Math.min(maxStepMs, (now - (this.#movedAt ?? now)) * slewPerMs));
    this.#movedAt = now;
    this.#delay += Math.max(-stepMs, Math.min(stepMs, this.#delayTarget - this.#delay));
    for (const lane of this.#lanes.keys()) lane.slew(stepMs);
  }

  #measure(now: number): void {
    const measured = [...this.#lanes.keys()].filter((lane) => lane.started && lane.transit.measure(now));
    this.#measureClock(measured);
    let needed = 0;
    for (const lane of measured) {
      const origin = this.#origin(lane);
      needed = Math.max(needed, lane.transit.p95 - origin + marginMs);
    }
    if (measured.length > 0) this.#setDelay(needed);
    for (const [lane, { origin }] of this.#lanes) {
      if (lane.started && origin !== undefined) lane.aim(origin + this.#delayTarget);
    }
  }

  #measureClock(measured: readonly Lane[]): void {
    const offsets = measured
      .filter((lane) => lane.senderOffset !== undefined)
      .map((lane) => lane.transit.min - (lane.senderOffset ?? 0));
    if (offsets.length === 0) return;
    const least = Math.min(...offsets);
    const plausible = Math.max(...offsets) - least < implausibleMs;
    this.#clockOffset = plausible ? noise(this.#clockOffset, least) : undefined;
  }

  /** Capture time - media time of a lane, as it should be. */
  #origin(lane: Lane): number {
    const state = this.#lanes.get(lane) ?? { origin: undefined };
    const { senderOffset } = lane;
    if (senderOffset !== undefined && this.#clockOffset !== undefined) {
      state.origin = senderOffset + this.#clockOffset;
    } else {
      state.origin = noise(state.origin, lane.transit.min);
    }
    return state.origin;
  }

  #setDelay(neededMs: number): void {
    const { minMs, maxMs } = this.#limits;
    const delay = Math.max(minMs, Math.min(maxMs, neededMs));
    if (delay > this.#delayTarget || delay < this.#delayTarget - shorterMs) this.#delayTarget = delay;
  }
}
