import { NutReader } from '../ffmpeg/nut.ts';
import type { EngineLog } from '../process/engine-log.ts';
import { decodedTimebase, videoDecoderArguments } from './decoder-arguments.ts';
import { MediaChild } from './media-child.ts';
import { PictureEncoder } from './picture-encoder.ts';
import type { SentPicture, VideoPlan } from './plan.ts';
import type { Play, TrackLine, TrackLineOptions } from './track-line.ts';

/** Decoded pictures that may wait to be played. */
const most = 3;
/** Bytes that may wait to be decoded. */
const mostBytes = 16 * 1024 * 1024;

export interface EncodedVideoOptions extends TrackLineOptions {
  ffmpeg: string;
  plan: VideoPlan;
  /** Pictures that the source sends per second, as far as is known. */
  framerate: () => number | undefined;
  play: Play<SentPicture>;
  log: EngineLog;
}

/** Pictures of a source that WebRTC does not carry: decoded by one FFmpeg, encoded by another, with key frames on demand. */
export class EncodedVideo implements TrackLine {
  readonly #options: EncodedVideoOptions;
  readonly #child: MediaChild;
  readonly #encoder: PictureEncoder;
  readonly #waiting: { readonly data: Uint8Array; readonly time: number }[] = [];
  #ended = false;

  constructor(options: EncodedVideoOptions) {
    const { ffmpeg, plan, onTrouble } = options;
    this.#options = options;
    this.#encoder = new PictureEncoder(options);
    const reader = new NutReader({
      timebase: decodedTimebase,
      allocate: (bytes) => this.#encoder.allocate(bytes),
      onFrame: (data, time) => {
        this.#take(data, time / 90);
      },
    });
    this.#child = new MediaChild({
      ffmpeg,
      args: videoDecoderArguments(plan.size),
      fed: true,
      onOutput: (chunk) => {
        reader.push(chunk);
        this.#hold();
      },
      onEnd: ({ code, complaints }) => {
        this.#ended = true;
        if (code !== 0)
          onTrouble(`the pictures cannot be decoded: ${complaints.at(-1) ?? 'their decoder died'}`);
      },
    });
  }

  get full(): boolean {
    return this.#child.waiting > mostBytes;
  }

  get empty(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  push(): void {
    // It comes as bytes, and its pictures later.
  }

  feed(bytes: Uint8Array): void {
    this.#child.write(bytes);
  }

  finish(): void {
    this.#child.finish();
  }

  poll(now: number): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const at = this.#options.timeline.at(first.time);
      if (at > now) break;
      this.#waiting.shift();
      this.#encoder.encode(first.data, at);
    }
    this.#hold();
  }

  requestKeyFrame(): void {
    this.#encoder.requestKeyFrame();
  }

  close(): void {
    void this.#child.close();
    this.#encoder.close();
    this.#waiting.length = 0;
  }

  #hold(): void {
    this.#child.flow(this.#waiting.length < most);
  }

  #take(data: Uint8Array, time: number): void {
    this.#options.timeline.arrived(time, performance.now());
    this.#waiting.push({ data, time });
  }
}
