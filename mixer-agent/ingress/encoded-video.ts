import { defaultBitrate } from '../../common/media/video-bitrate.ts';
import { NutReader } from '../ffmpeg/nut.ts';
import type { EngineLog } from '../process/engine-log.ts';
import { i420Bytes, type MixCodec, type Picture } from '../mix/media.ts';
import { EncoderLine, type EncoderLineSettings } from '../mix/video/encoder-line.ts';
import type { SentPicture } from './copied-video.ts';
import { decodedTimebase, videoDecoderArguments } from './decoder-arguments.ts';
import { MediaChild } from './media-child.ts';
import type { VideoPlan } from './plan.ts';
import type { Play, TrackLine, TrackLineOptions } from './track-line.ts';

/** Decoded pictures that may wait to be played. */
const most = 3;
/** Bytes that may wait to be decoded. */
const mostBytes = 16 * 1024 * 1024;
/** More pictures per second than this are not sent. */
const mostPerSecond = 30;
/** Before it is known how many come. */
const usualPerSecond = 25;
/** Films move more than people who sit and talk. */
const motionFactor = 1;
/** Requests for a key frame that come within this of the last one are met by it, ms. */
const keyFrameGapMs = 300;
/** Pictures remembered until they are encoded. */
const remembered = 64;

export interface EncodedVideoOptions extends TrackLineOptions {
  ffmpeg: string;
  plan: VideoPlan;
  /** Pictures that the source sends per second, as far as is known. */
  framerate: () => number | undefined;
  play: Play<SentPicture>;
  log: EngineLog;
}

interface Waiting {
  readonly picture: Picture;
  readonly time: number;
}

/** Pictures of a source that WebRTC does not carry: decoded by one FFmpeg, encoded by another, with key frames on demand. */
export class EncodedVideo implements TrackLine {
  readonly #options: EncodedVideoOptions;
  readonly #child: MediaChild;
  readonly #waiting: Waiting[] = [];
  readonly #free: Picture[] = [];
  /** Given to the encoder, which may still read them. */
  #given: Picture[] = [];
  #encoder: EncoderLine | undefined;
  readonly #times = new Float64Array(remembered);
  #tick = 0;
  #lastAt = -Infinity;
  #keyAt = -Infinity;
  #wantsKey = true;
  #ended = false;

  constructor(options: EncodedVideoOptions) {
    const { ffmpeg, plan, onTrouble } = options;
    this.#options = options;
    const reader = new NutReader({
      timebase: decodedTimebase,
      allocate: (bytes) => this.#allocate(bytes),
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
      this.#encode(first.picture, at);
    }
    this.#hold();
  }

  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  close(): void {
    void this.#child.close();
    void this.#encoder?.close();
    this.#waiting.length = 0;
  }

  #hold(): void {
    this.#child.flow(this.#waiting.length < most);
  }

  #allocate(bytes: number): Uint8Array {
    const { size } = this.#options.plan;
    if (bytes !== i420Bytes(size)) throw new Error('a decoded picture has another size');
    this.#given = this.#given.filter((picture) => {
      const held = this.#encoder?.holds(picture) === true;
      if (!held) this.#free.push(picture);
      return held;
    });
    return this.#free.pop()?.data ?? new Uint8Array(bytes);
  }

  #take(data: Uint8Array, time: number): void {
    const { timeline, plan } = this.#options;
    timeline.arrived(time, performance.now());
    this.#waiting.push({ picture: { ...plan.size, data }, time });
  }

  #encode(picture: Picture, at: number): void {
    this.#given.push(picture);
    const settings = this.#settings();
    // What is only a little early counts: times of containers are rounded.
    if (at - this.#lastAt < 800 / mostPerSecond) return;
    this.#encoder ??= this.#begin(settings);
    this.#encoder.configure(settings);
    if (this.#encoder.busy) return;
    const key = this.#wantsKey && at - this.#keyAt >= keyFrameGapMs;
    this.#lastAt = at;
    this.#tick += 1;
    this.#times[this.#tick % remembered] = at;
    if (!this.#encoder.encode(picture, this.#tick, key) || !key) return;
    this.#wantsKey = false;
    this.#keyAt = at;
  }

  #settings(): EncoderLineSettings {
    const { plan, framerate: find } = this.#options;
    const framerate = sentRate(find() ?? usualPerSecond);
    const bitrate = defaultBitrate({
      resolution: plan.size,
      framerate,
      codec: plan.codec,
      motionFactor,
    });
    return { size: plan.size, framerate, bitrate };
  }

  #begin(settings: EncoderLineSettings): EncoderLine {
    const { ffmpeg, plan, play, log } = this.#options;
    return new EncoderLine({
      ffmpeg,
      codec: plan.codec as MixCodec,
      ...settings,
      log,
      onPicture: (encoded) => {
        play(encoded, this.#times[encoded.tick % remembered] ?? 0);
      },
    });
  }
}

/** Of a source with too many pictures each second, third and so on is sent. */
const sentRate = (rate: number): number =>
  Math.max(1, rate / Math.max(1, Math.ceil(rate / mostPerSecond - 0.1)));
