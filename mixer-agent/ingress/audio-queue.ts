import { opusSamples } from '../mix/audio/opus-packet.ts';
import type { Play } from './track-line.ts';
import type { Timeline } from './timeline.ts';

/** Packets follow each other without a break unless their times differ by more than this, ms. */
const toleranceMs = 15;

/**
 * Opus packets that wait for their time. What is sent never overlaps, and has a hole only where there is one: receivers throw
 * away a packet that begins before the one before has ended.
 */
export class AudioQueue {
  readonly #timeline: Timeline;
  readonly #play: Play<Uint8Array>;
  readonly #waiting: { data: Uint8Array; time: number; ms: number }[] = [];
  /** Where the last packet ends. */
  #next = -Infinity;

  constructor(timeline: Timeline, play: Play<Uint8Array>) {
    this.#timeline = timeline;
    this.#play = play;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @param time timestamp, ms */
  push(data: Uint8Array, time: number, now: number): void {
    const samples = opusSamples(data);
    if (samples === undefined) return;
    this.#timeline.arrived(time, now);
    this.#waiting.push({ data, time, ms: samples / 48 });
  }

  poll(now: number): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const at = this.#timeline.at(first.time);
      if (at > now) return;
      this.#waiting.shift();
      if (at < this.#next - toleranceMs) continue;
      if (at > this.#next + toleranceMs) this.#next = at;
      this.#play(first.data, this.#next);
      this.#next += first.ms;
    }
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
