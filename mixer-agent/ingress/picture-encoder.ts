import { defaultBitrate } from '../../common/media/video-bitrate.ts';
import type { EngineLog } from '../process/engine-log.ts';
import { i420Bytes, type MixCodec, type Picture } from '../mix/media.ts';
import { EncoderLine, type EncoderLineSettings } from '../mix/video/encoder-line.ts';
import type { SentPicture, VideoPlan } from './plan.ts';
import type { Play } from './track-line.ts';

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

export interface PictureEncoderOptions {
  ffmpeg: string;
  plan: Pick<VideoPlan, 'codec' | 'size'>;
  /** Pictures that the source sends per second, as far as is known. */
  framerate: () => number | undefined;
  play: Play<SentPicture>;
  log: EngineLog;
}

/** Encodes the pictures of a source, with key frames on demand. */
export class PictureEncoder {
  readonly #options: PictureEncoderOptions;
  readonly #free: Uint8Array[] = [];
  /** Given to the encoder, which may still read them. */
  #given: Picture[] = [];
  #line: EncoderLine | undefined;
  readonly #times = new Float64Array(remembered);
  #tick = 0;
  #lastAt = -Infinity;
  #keyAt = -Infinity;
  #wantsKey = true;

  constructor(options: PictureEncoderOptions) {
    this.#options = options;
  }

  /** Room for a picture. @throws Error when it has another size than it should */
  allocate(bytes: number): Uint8Array {
    const { size } = this.#options.plan;
    if (bytes !== i420Bytes(size)) throw new Error('a decoded picture has another size');
    this.#given = this.#given.filter((picture) => {
      const held = this.#line?.holds(picture) === true;
      if (!held) this.#free.push(picture.data);
      return held;
    });
    return this.#free.pop() ?? new Uint8Array(bytes);
  }

  /** A picture that is not encoded: its room is free again. */
  drop(data: Uint8Array): void {
    this.#free.push(data);
  }

  /**
   * Encodes a picture whose room came from here.
   * @param at when it is played, ms of `performance.now()`
   * @returns false: it is left out
   */
  encode(data: Uint8Array, at: number): boolean {
    const picture = { ...this.#options.plan.size, data };
    this.#given.push(picture);
    // What is only a little early counts: times of containers are rounded.
    if (at - this.#lastAt < 800 / mostPerSecond) return false;
    const settings = this.#settings();
    this.#line ??= this.#begin(settings);
    this.#line.configure(settings);
    if (this.#line.busy) return false;
    const key = this.#wantsKey && at - this.#keyAt >= keyFrameGapMs;
    this.#lastAt = at;
    this.#tick += 1;
    this.#times[this.#tick % remembered] = at;
    const taken = this.#line.encode(picture, this.#tick, key);
    if (!taken || !key) return taken;
    this.#wantsKey = false;
    this.#keyAt = at;
    return true;
  }

  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /** Nobody has seen what came so far: the next one is a key frame. */
  beginAnew(): void {
    this.#wantsKey = true;
    this.#keyAt = -Infinity;
  }

  close(): void {
    void this.#line?.close();
    this.#given = [];
    this.#free.length = 0;
  }

  #settings(): EncoderLineSettings {
    const { plan, framerate: find } = this.#options;
    const framerate = sentRate(find() ?? usualPerSecond);
    const bitrate = defaultBitrate({ resolution: plan.size, framerate, codec: plan.codec, motionFactor });
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
