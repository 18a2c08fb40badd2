import type { EngineLog } from '../../process/engine-log.ts';
import { Restarts } from '../../mix/video/restarts.ts';
import type { Wish } from '../carriage.ts';
import type { MediaUnit, Stage, StageEvents, TrackDescription } from '../unit.ts';
import { TranscodingChild } from './transcoding-child.ts';

export interface TranscoderOptions {
  ffmpeg: string;
  /** What comes out; of another codec or shape than what goes in. */
  wish: Wish;
  /** Longest time between key frames of what comes out, s. */
  keyFrameInterval: number;
  events: StageEvents;
  log: EngineLog;
}

/** Bytes that wait for the child; more, and nothing goes in before the next key frame. */
const queueLimit = 4 * 1024 * 1024;
/** Children that die one after the other without having given anything. */
const mostFailures = 5;
const checkMs = 1_000;

/** Encodes one track anew, by an FFmpeg that is another one after a crash and when the codec that comes changes. */
export class Transcoder implements Stage {
  readonly #options: TranscoderOptions;
  readonly #again = new Restarts();
  #track: TrackDescription | undefined;
  #child: TranscodingChild | undefined;
  /** Children that give what they still have. */
  readonly #ending = new Map<TranscodingChild, Promise<void>>();
  #timer: NodeJS.Timeout;
  /** Nothing goes in before a key frame. */
  #needsKey = true;
  #failures = 0;
  #lastMs = -Infinity;
  #closed = false;

  constructor(options: TranscoderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#check();
    }, checkMs);
    this.#timer.unref();
  }

  /** Process id of its FFmpeg. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  begin(track: TrackDescription): void {
    // Another size is no reason: decoders follow it by themselves.
    const isSame = track.codec === this.#track?.codec;
    this.#track = track;
    this.#needsKey = true;
    if (!isSame) this.#retire();
  }

  push(unit: MediaUnit): void {
    if (this.#closed || (this.#needsKey && !unit.key)) return;
    const child = this.#child ?? this.#start(unit);
    if (child === undefined) return;
    if (child.waiting > queueLimit) {
      this.#want();
      return;
    }
    this.#needsKey = false;
    child.feed(unit);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retire();
    await Promise.all(this.#ending.values());
    clearInterval(this.#timer);
  }

  /** Lets the child give what it has. */
  #retire(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    this.#ending.set(
      child,
      child.end().finally(() => this.#ending.delete(child)),
    );
  }

  #start(first: MediaUnit): TranscodingChild | undefined {
    const { ffmpeg, wish, keyFrameInterval, events } = this.#options;
    if (this.#track === undefined || !this.#again.allowed(performance.now())) return undefined;
    const child: TranscodingChild = new TranscodingChild({
      ...{ ffmpeg, wish, keyFrameInterval, track: this.#track, baseMs: first.timeMs },
      onTrack: events.onTrack,
      onUnit: (unit) => {
        this.#give(unit);
      },
      onEnd: (reason) => {
        if (child === this.#child) this.#died(child, reason);
      },
    });
    this.#child = child;
    return child;
  }

  /** Also what one that ends still has may come, but time never goes back. */
  #give(unit: MediaUnit): void {
    if (unit.timeMs <= this.#lastMs) return;
    this.#lastMs = unit.timeMs;
    this.#failures = 0;
    this.#options.events.onUnit(unit);
  }

  #died(child: TranscodingChild, reason: string): void {
    const { log, events, wish } = this.#options;
    this.#child = undefined;
    log.warn({ reason, codec: wish.codec }, 'FFmpeg that encodes a track died');
    this.#again.died(child.worked, performance.now());
    this.#failures += child.worked ? 0 : 1;
    if (this.#failures < mostFailures) {
      this.#want();
      return;
    }
    this.#closed = true;
    const message = `The ${this.#track?.kind ?? 'track'} cannot be encoded: FFmpeg ${reason}`;
    events.onFailed({ code: 'unavailable', message });
  }

  #want(): void {
    this.#needsKey = true;
    if (this.#track?.kind === 'video') this.#options.events.onKeyFrameNeeded();
  }

  #check(): void {
    const now = performance.now();
    for (const child of this.#ending.keys()) if (child.hangs(now)) child.kill();
    if (this.#child?.hangs(now) === true) this.#child.kill();
    else if (this.#needsKey && this.#track !== undefined && !this.#closed) this.#want();
  }
}
