import { AudioQueue } from './audio-queue.ts';
import type { Play, SourceUnit, TrackLine, TrackLineOptions } from './track-line.ts';

/** Opus of a source, as it is. */
export class CopiedAudio implements TrackLine {
  readonly full = false;
  readonly #queue: AudioQueue;

  constructor({ timeline, play }: TrackLineOptions & { play: Play<Uint8Array> }) {
    this.#queue = new AudioQueue(timeline, play);
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  push({ data, time }: SourceUnit, now: number): void {
    this.#queue.push(data, time, now);
  }

  finish(): void {
    // Nothing is held back.
  }

  poll(now: number): void {
    this.#queue.poll(now);
  }

  close(): void {
    this.#queue.clear();
  }
}
