import { TransitWindow } from './transit-window.ts';

/** Media earlier than this, or later for a while, is on another time line: the sender's timestamps have jumped. */
const earlyMs = 1_000;
const lateMs = 2_000;
const latePatienceMs = 1_000;
const earlyPatience = 3;

/** Reports that say something else than before by more than this make transit times of before void, ms. */
const reportStepMs = 30;
/** Changes below this are noise, ms. */
const reportNoiseMs = 1.5;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * The time line of one stream: where its RTP timestamps are on the local clock. `Playout` moves the lanes of an input.
 * Media time: RTP timestamp / clock rate, in ms.
 */
export class Lane {
  readonly transit = new TransitWindow();
  readonly #ticksPerMs: number;
  /** Playout time - media time; undefined: nothing has come. */
  #line: number | undefined;
  /** Where `#line` goes. */
  #target = 0;
  /** Sender's clock - media time, by each of the last reports and as it counts. */
  readonly #reports: number[] = [];
  #senderOffset: number | undefined;
  #early = 0;
  #lateSince: number | undefined;

  /** @param clockRate Hz. */
  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  /** Something came, or its last part. @param timestamp Without wraps. */
  arrived(timestamp: number, arrivalMs: number, delayMs: number): void {
    const transit = arrivalMs - timestamp / this.#ticksPerMs;
    if (this.#line === undefined) this.#anchor(transit + delayMs);
    else if (this.#isElsewhere(arrivalMs, transit - this.#line + delayMs)) return;
    this.transit.add(arrivalMs, transit);
  }

  /**
   * A sender report came. The first one does not count (routers guess it before they know the sender), nor does a single
   * one that says something else than those around it.
   */
  report(timestamp: number, ntpMs: number): void {
    this.#reports.push(ntpMs - timestamp / this.#ticksPerMs);
    if (this.#reports.length === 1) return;
    if (this.#reports.length > 3) this.#reports.shift();
    const offset = this.#reports.length < 3 ? (this.#reports.at(-1) ?? 0) : median(this.#reports);
    const step = Math.abs(offset - (this.#senderOffset ?? offset));
    if (step > reportStepMs) this.transit.clear();
    if (step > reportNoiseMs || this.#senderOffset === undefined) this.#senderOffset = offset;
  }

  /** Sender's wall clock - media time, ms; undefined: not known. */
  get senderOffset(): number | undefined {
    return this.#senderOffset;
  }

  get started(): boolean {
    return this.#line !== undefined;
  }

  /** When a timestamp is to be played, ms. */
  playoutMs(timestamp: number): number {
    return timestamp / this.#ticksPerMs + (this.#line ?? 0);
  }

  /** Where the line is to be: it goes there by `slew`. */
  aim(line: number): void {
    this.#target = line;
  }

  slew(stepMs: number): void {
    if (this.#line === undefined) return;
    this.#line += Math.max(-stepMs, Math.min(stepMs, this.#target - this.#line));
  }

  /** Forgets everything: the next packet is the first. */
  restart(): void {
    this.transit.clear();
    this.#reports.length = 0;
    this.#line = this.#senderOffset = this.#lateSince = undefined;
    this.#early = 0;
  }

  #anchor(line: number): void {
    this.#line = this.#target = line;
  }

  /** Whether media is so far off that it says nothing; when more like it comes the lane starts again. */
  #isElsewhere(now: number, ageMs: number): boolean {
    const early = ageMs < -earlyMs;
    const late = ageMs > lateMs;
    this.#early = early ? this.#early + 1 : 0;
    this.#lateSince = late ? (this.#lateSince ?? now) : undefined;
    const since = this.#lateSince ?? now;
    if (this.#early >= earlyPatience || now - since > latePatienceMs) this.restart();
    return early || late;
  }
}
