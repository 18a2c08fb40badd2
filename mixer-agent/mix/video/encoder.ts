import { FfmpegChild, type Ffmpeg } from '../../ffmpeg/child.ts';
import { encoderArguments, encoderTimebase, type EncoderSettings } from '../../ffmpeg/encoder-arguments.ts';
import { fourccs, ivfFrameHeader, ivfHeader } from '../../ffmpeg/ivf.ts';
import { NutReader } from '../../ffmpeg/nut.ts';
import type { EncodedPicture, Picture } from '../media.ts';

/** `captureMs`: when the picture went into the encoder. */
export type EncodedTick = EncodedPicture & { readonly tick: number };

export interface EncoderOptions extends EncoderSettings {
  ffmpeg: Ffmpeg;
  onPicture: (picture: EncodedTick) => void;
  onEnd: (reason: string) => void;
}

/** Pictures that may be on their way through it. */
const inFlightLimit = 3;
/** Remembered pictures; more than can be under way. */
const remembered = 64;
/** No frame for so long: it hangs. A new one has longer. */
const hangMs = { running: 4_000, starting: 10_000 };

/** One FFmpeg that encodes pictures of one size. Its first frame is a key frame. */
export class Encoder {
  readonly settings: EncoderSettings;
  readonly #options: EncoderOptions;
  readonly #child: FfmpegChild;
  readonly #ticks = new Float64Array(remembered);
  readonly #times = new Float64Array(remembered);
  /** How many pictures went in before it. */
  readonly #before = new Float64Array(remembered);
  /** Number of the next picture: on the grid of the frame rate, so that rate control sees holes. */
  #next = 0;
  #fed = 0;
  /** Those that went in up to the last one that came out. */
  #answered = 0;
  #firstAt = 0;
  #waitingSince: number | undefined;
  #writing: Picture | undefined;
  #started = false;
  #slow = 0;

  constructor(options: EncoderOptions) {
    const { codec, input, size, framerate, bitrate } = options;
    this.#options = options;
    this.settings = { codec, input, size, framerate, bitrate };
    const reader = new NutReader({
      timebase: encoderTimebase(framerate),
      allocate: (bytes) => new Uint8Array(bytes),
      onFrame: (data, time, key) => {
        this.#give(data, time, key);
      },
    });
    this.#child = new FfmpegChild({
      ffmpeg: options.ffmpeg,
      args: encoderArguments(this.settings),
      onOutput: (chunk) => {
        reader.push(chunk);
      },
      onEnd: options.onEnd,
    });
    this.#child.write(ivfHeader({ fourcc: fourccs.raw, size: input, timebase: encoderTimebase(framerate) }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It takes no picture now: it has not taken the one before, or is behind. */
  get busy(): boolean {
    return this.#child.gone || this.#writing !== undefined || this.#fed - this.#answered >= inFlightLimit;
  }

  /** Picture that it has not read completely: must not change. */
  get holding(): Picture | undefined {
    return this.#writing;
  }

  /** It has given a frame. */
  get started(): boolean {
    return this.#started;
  }

  /** It has got a picture. */
  get fed(): boolean {
    return this.#fed > 0;
  }

  /** Frames that took longer than the time between two of them. */
  get slow(): number {
    return this.#slow;
  }

  /** Pictures go in and no frames come out. */
  hangs(now: number): boolean {
    if (this.#waitingSince === undefined) return false;
    return now - this.#waitingSince > (this.#started ? hangMs.running : hangMs.starting);
  }

  /**
   * Encodes a picture of just the input's size.
   * @param key as a key frame
   * @returns false: it is busy, and the picture was left out
   */
  encode(picture: Picture, tick: number, key: boolean): boolean {
    if (this.busy) return false;
    const now = performance.now();
    const number = this.#number(now);
    this.#ticks[number % remembered] = tick;
    this.#times[number % remembered] = now;
    this.#before[number % remembered] = this.#fed;
    this.#fed += 1;
    this.#waitingSince ??= now;
    this.#writing = picture;
    // The first is a key frame anyway, and its time must be 0.
    const time = 2 * number + (key && number > 0 ? 1 : 0);
    this.#child.write(ivfFrameHeader(picture.data.length, time), picture.data, () => {
      this.#writing = undefined;
    });
    return true;
  }

  /** Lets it give what it has; resolves when it is gone. */
  finish(): Promise<void> {
    return this.#child.end();
  }

  /** Ends it; no frame comes any more. */
  close(): Promise<void> {
    return this.#child.close();
  }

  /** For one that hangs; it is told as its end. */
  kill(): void {
    this.#child.kill();
  }

  #number(now: number): number {
    if (!this.fed) this.#firstAt = now;
    const due = Math.round(((now - this.#firstAt) * this.settings.framerate) / 1000);
    const number = Math.max(this.#next, due);
    this.#next = number + 1;
    return number;
  }

  #give(data: Uint8Array, time: number, key: boolean): void {
    const { codec, framerate } = this.settings;
    const slot = Math.floor(time / 2) % remembered;
    const captureMs = this.#times[slot] ?? 0;
    const now = performance.now();
    this.#started = true;
    this.#answered = (this.#before[slot] ?? 0) + 1;
    this.#waitingSince = this.#answered < this.#fed ? now : undefined;
    if (now - captureMs > 1000 / framerate) this.#slow += 1;
    this.#options.onPicture({ codec, data, key, captureMs, tick: this.#ticks[slot] ?? 0 });
  }
}
