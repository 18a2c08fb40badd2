import { FfmpegChild, type Ffmpeg } from '../../ffmpeg/child.ts';
import { decoderArguments, decoderTimebase, type DecoderSettings } from '../../ffmpeg/decoder-arguments.ts';
import { fourccs, ivfFrameHeader, ivfHeader } from '../../ffmpeg/ivf.ts';
import { NutReader } from '../../ffmpeg/nut.ts';
import { i420Bytes, type EncodedPicture, type Picture } from '../media.ts';

export interface DecoderProcessOptions extends DecoderSettings {
  ffmpeg: Ffmpeg;
  /** A picture and the frame it was. Its data is written over by the next but one after it. */
  onPicture: (picture: Picture, frame: FrameFacts) => void;
  /** Something could not be decoded: only a key frame makes it good. */
  onTrouble: () => void;
  onEnd: (reason: string) => void;
}

export interface FrameFacts {
  captureMs: number;
  /** Number that it was fed with. */
  serial: number;
}

/** When the machine is full, the clock and what everybody receives come before a region. */
const niceness = 5;
/** More than so many frames without a picture: it is too slow, and must leave out what comes before the next key frame. */
const queueLimit = 30;
/** Bytes that wait for it here, besides those in the pipe, up to which it still gets frames. */
const waitingLimit = 262_144;
/** Remembered capture times; more than frames can be under way. */
const remembered = 1024;
/** So many frames without a picture, and for so long (ms): it hangs. A new one has longer. */
const stuck = { frames: 15, ms: 4_000, startMs: 10_000 };

/** One FFmpeg that decodes one codec into pictures of one size. */
export class DecoderProcess {
  readonly settings: DecoderSettings;
  readonly #options: DecoderProcessOptions;
  readonly #child: FfmpegChild;
  readonly #captured = new Float64Array(remembered);
  readonly #serials = new Float64Array(remembered);
  readonly #buffers: Uint8Array[] = [];
  /** Frames that it got, and the number of the one after the last that became a picture or was given up. */
  #fed = 0;
  #answered = 0;
  /** Frames since the last picture, also those given up. */
  #unanswered = 0;
  #waitingSince: number | undefined;
  #primed = false;
  #pictures = 0;

  constructor(options: DecoderProcessOptions) {
    const { codec, size, fit, background } = options;
    this.#options = options;
    this.settings = { codec, size, fit, background };
    const reader = new NutReader({
      timebase: decoderTimebase,
      allocate: (bytes) => this.#allocate(bytes),
      onFrame: (data, time) => {
        this.#give(data, time);
      },
    });
    this.#child = new FfmpegChild({
      ffmpeg: options.ffmpeg,
      args: decoderArguments(this.settings),
      niceness,
      onOutput: (chunk) => {
        reader.push(chunk);
      },
      onComplaint: options.onTrouble,
      onEnd: options.onEnd,
    });
    // The size in the header is only a guess: the frames say their own.
    this.#child.write(ivfHeader({ fourcc: fourccs[codec], size, timebase: decoderTimebase }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It has given a picture. */
  get started(): boolean {
    return this.#pictures > 0;
  }

  /** Frames go in and no pictures come out. */
  hangs(now: number): boolean {
    if (this.#waitingSince === undefined || this.#unanswered < stuck.frames) return false;
    return now - this.#waitingSince > (this.started ? stuck.ms : stuck.startMs);
  }

  /**
   * @param serial grows with each frame, for comparison with other processes that get the same ones
   * @returns whether the frame went in; if not, none does before the next key frame
   */
  feed({ data, key, captureMs }: EncodedPicture, serial: number): boolean {
    if (!this.#takes(key)) {
      this.#primed = false;
      return false;
    }
    if (key && !this.#primed) this.#answered = this.#fed;
    this.#primed = true;
    this.#captured[this.#fed % remembered] = captureMs;
    this.#serials[this.#fed % remembered] = serial;
    this.#child.write(ivfFrameHeader(data.length, this.#fed), data);
    this.#fed += 1;
    this.#unanswered += 1;
    this.#waitingSince ??= performance.now();
    return true;
  }

  /** Ends it; no picture comes any more. */
  close(): Promise<void> {
    return this.#child.close();
  }

  /** For one that hangs; it is told as its end. */
  kill(): void {
    this.#child.kill();
  }

  #takes(key: boolean): boolean {
    if (key) return this.#child.waiting < 2 * waitingLimit;
    return this.#primed && this.#fed - this.#answered < queueLimit && this.#child.waiting < waitingLimit;
  }

  /** Pictures take turns in three buffers: one is shown, one may be read at this moment, one is being filled. */
  #allocate(bytes: number): Uint8Array {
    const wanted = i420Bytes(this.settings.size);
    if (bytes !== wanted) throw new Error(`a picture has ${bytes} bytes instead of ${wanted}`);
    const index = this.#pictures % 3;
    return (this.#buffers[index] ??= new Uint8Array(wanted));
  }

  #give(data: Uint8Array, number: number): void {
    this.#pictures += 1;
    this.#answered = Math.max(this.#answered, number + 1);
    this.#unanswered = this.#fed - this.#answered;
    this.#waitingSince = this.#answered < this.#fed ? performance.now() : undefined;
    const slot = number % remembered;
    const { width, height } = this.settings.size;
    this.#options.onPicture(
      { data, width, height },
      { captureMs: this.#captured[slot] ?? 0, serial: this.#serials[slot] ?? 0 },
    );
  }
}
