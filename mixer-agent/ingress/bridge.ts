import type { EngineLog } from '../process/engine-log.ts';
import { GopDecoder } from './gop-decoder.ts';
import { PictureEncoder } from './picture-encoder.ts';
import type { SentPicture, VideoPlan } from './plan.ts';
import type { Timeline } from './timeline.ts';
import type { Play, SourceUnit } from './track-line.ts';

export interface BridgeOptions {
  ffmpeg: string;
  plan: Pick<VideoPlan, 'codec' | 'size'>;
  timeline: Timeline;
  framerate: () => number | undefined;
  /** All that was played of the group of pictures, from its key frame on. */
  played: readonly SourceUnit[];
  play: Play<SentPicture>;
  log: EngineLog;
  /** Its pictures cannot be decoded. */
  onFailed: () => void;
}

/**
 * Leads from the middle of a group of pictures to the next key frame of a source that cannot be asked for one: what is
 * left of the group is decoded and encoded anew, beginning with a key frame. It takes over when its decoder has caught up
 * and its encoder answers at once, so that nobody misses a picture.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #decoder: GopDecoder;
  readonly #encoder: PictureEncoder;
  /** Decoded pictures that are not yet due. */
  #ready: { readonly data: Uint8Array; readonly time: number }[] = [];
  #fedTime = -Infinity;
  #playedTime = -Infinity;
  /** The encoder has given a picture. */
  #warm = false;
  /** When its first picture is played; undefined: the source is still passed on as it is. */
  #from: number | undefined;
  #begun = false;
  #closed = false;

  constructor(options: BridgeOptions) {
    const { ffmpeg, plan, played, log } = options;
    this.#options = options;
    this.#encoder = new PictureEncoder({
      ...{ ffmpeg, plan, log, framerate: options.framerate },
      play: (picture, at) => {
        this.#give(picture, at);
      },
    });
    this.#decoder = new GopDecoder({
      ...{ ffmpeg, plan, skip: played.length },
      allocate: (bytes) => this.#encoder.allocate(bytes),
      onPicture: (data, time) => {
        this.#take(data, time);
      },
      onEnd: (why) => {
        if (this.#closed) return;
        log.warn({ reason: why }, 'pictures between key frames cannot be decoded');
        options.onFailed();
      },
    });
    for (const unit of played) this.feed(unit);
  }

  /** A unit that is played soon; those that it has had are left out. */
  feed(unit: SourceUnit): void {
    if (unit.time <= this.#fedTime) return;
    this.#fedTime = unit.time;
    this.#decoder.feed(unit);
  }

  /**
   * A unit is due.
   * @param at when it is played
   * @returns whether its picture is played from here, so that it must not be passed on
   */
  carries({ time }: SourceUnit, at: number): boolean {
    this.#playedTime = time;
    this.#forget(time);
    const first = this.#ready[0]?.time === time ? this.#ready.shift() : undefined;
    if (first !== undefined) {
      if (this.#from === undefined && this.#warm) this.#encoder.beginAnew();
      const taken = this.#encoder.encode(first.data, at);
      if (taken && this.#warm) this.#from ??= at;
    }
    return this.#from !== undefined;
  }

  requestKeyFrame(): void {
    if (this.#from !== undefined) this.#encoder.requestKeyFrame();
  }

  close(): void {
    this.#closed = true;
    this.#decoder.close();
    this.#encoder.close();
    this.#ready = [];
  }

  #take(data: Uint8Array, time: number): void {
    if (this.#closed) return;
    // When it cannot keep up, everything is played later.
    if (this.#from !== undefined) this.#options.timeline.arrived(time, performance.now());
    if (time > this.#playedTime) this.#ready.push({ data, time });
    else this.#encoder.drop(data);
  }

  #forget(before: number): void {
    while ((this.#ready[0]?.time ?? Infinity) < before) {
      const late = this.#ready.shift();
      if (late !== undefined) this.#encoder.drop(late.data);
    }
  }

  #give(picture: SentPicture, at: number): void {
    if (this.#closed) return;
    this.#warm = true;
    if (this.#from === undefined || at < this.#from) return;
    this.#begun ||= picture.key;
    if (this.#begun) this.#options.play(picture, at);
  }
}
