import type { Ffmpeg } from '../../ffmpeg/child.ts';
import type { DecoderSettings } from '../../ffmpeg/decoder-arguments.ts';
import type { EngineLog } from '../../process/engine-log.ts';
import type { Colour, EncodedPicture, Fit, Picture, Size, VideoCodec } from '../media.ts';
import { DecoderProcess, type FrameFacts } from './decoder-process.ts';
import { Restarts } from './restarts.ts';
import type { Starts } from './starts.ts';

export interface TileDecoderOptions {
  ffmpeg: Ffmpeg;
  /** Pictures have just this size; even. */
  size: Size;
  fit: Fit;
  /** Of the bars where the shape of the source is another one. */
  background: Colour;
  /**
   * A picture, and when it was captured. Its data stays as it is until the next but one comes. For a moment after
   * `resize` pictures still have the size before.
   */
  onPicture: (picture: Picture, captureMs: number) => void;
  /** Nothing can be decoded without a key frame. Called again, at most each 300 ms, until one comes. */
  onKeyFrameNeeded: () => void;
  /** Shared by the decoders of a mix: those that replace a running one come up one after the other. */
  starts: Starts;
  log: EngineLog;
}

const keyFrameGapMs = 300;
/** Between two starts of a decoder because the size or the codec changed. */
const changeGapMs = 300;

/**
 * Decodes one input into pictures of the size of its tile. The FFmpeg behind it is another one after a crash and after a
 * change of size or codec: then the old one goes on until the new one, which has to begin at a key frame, has its first
 * picture.
 */
export class TileDecoder {
  readonly #options: TileDecoderOptions;
  readonly #again = new Restarts();
  #size: Size;
  #codec: VideoCodec | undefined;
  #current: DecoderProcess | undefined;
  /** Will be the current one with its first picture. */
  #next: DecoderProcess | undefined;
  #restarts = 0;
  /** Of the last frame that came, and of the last one that became a picture. */
  #serial = 0;
  #given = 0;
  #askedAt = -Infinity;
  #startedAt = -Infinity;
  #closed = false;

  constructor(options: TileDecoderOptions) {
    this.#options = options;
    this.#size = plain(options.size);
  }

  /** Times that a decoder died or was ended because it hung. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Process ids of the decoders. */
  get pids(): number[] {
    return [this.#current?.pid, this.#next?.pid].filter((pid) => pid !== undefined);
  }

  /** Pictures of this codec will come: what decodes them comes up meanwhile, so that the first is not late. */
  expect(codec: VideoCodec): void {
    if (this.#closed || this.#codec !== undefined) return;
    this.#codec = codec;
    this.#reconcile();
  }

  decode(picture: EncodedPicture): void {
    if (this.#closed) return;
    this.#codec = picture.codec;
    this.#serial += 1;
    this.#reconcile();
    const fed = [this.#current, this.#next]
      .filter((process) => process?.settings.codec === picture.codec)
      .map((process) => process?.feed(picture, this.#serial));
    if (fed.length === 0 || fed.includes(false)) this.#askKeyFrame();
  }

  resize(size: Size): void {
    this.#size = plain(size);
    if (!this.#closed && this.#codec !== undefined) this.#reconcile();
  }

  /** Ends the decoder; nothing is called any more. Resolves when its processes are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.starts.ended(this);
    await Promise.all([this.#current?.close(), this.#next?.close()]);
  }

  /** Makes sure that there is a decoder for what comes and for what is wanted. */
  #reconcile(): void {
    const now = performance.now();
    for (const process of [this.#current, this.#next]) if (process?.hangs(now)) process.kill();
    const newest = this.#next ?? this.#current;
    if (newest !== undefined && this.#isRight(newest.settings)) return;
    if (!this.#again.allowed(now)) return;
    if (newest !== undefined && now - this.#startedAt < changeGapMs) return;
    this.#options.starts.ended(this);
    // Whoever shows nothing yet does not wait.
    if (newest !== undefined && !this.#options.starts.may(this, now)) return;
    this.#startedAt = now;
    void this.#next?.close();
    const started = this.#start();
    if (this.#current === undefined) this.#current = started;
    else this.#next = started;
    if (newest !== undefined) this.#askKeyFrame();
  }

  #isRight({ codec, size }: DecoderSettings): boolean {
    return codec === this.#codec && size.width === this.#size.width && size.height === this.#size.height;
  }

  #start(): DecoderProcess {
    const { ffmpeg, fit, background } = this.#options;
    const process: DecoderProcess = new DecoderProcess({
      ffmpeg,
      codec: this.#codec ?? 'vp8',
      size: this.#size,
      fit,
      background,
      onPicture: (picture, frame) => {
        this.#give(process, picture, frame);
      },
      onTrouble: () => {
        this.#askKeyFrame();
      },
      onEnd: (reason) => {
        this.#lose(process, reason);
      },
    });
    return process;
  }

  #give(process: DecoderProcess, picture: Picture, { captureMs, serial }: FrameFacts): void {
    // The next one begins with what the current one has shown while it started.
    if (this.#closed || serial <= this.#given) return;
    if (process === this.#next) {
      void this.#current?.close();
      this.#current = process;
      this.#next = undefined;
      this.#options.starts.ended(this);
    }
    if (process !== this.#current) return;
    this.#given = serial;
    this.#options.onPicture(picture, captureMs);
  }

  #lose(process: DecoderProcess, reason: string): void {
    if (this.#closed || (process !== this.#current && process !== this.#next)) return;
    this.#restarts += 1;
    this.#options.starts.ended(this);
    this.#options.log.warn({ reason, codec: process.settings.codec }, 'decoder ended');
    this.#again.died(process.started, performance.now());
    if (process === this.#current) this.#current = this.#next;
    this.#next = undefined;
    // The input may rest: the new one should be there before it goes on.
    this.#reconcile();
    this.#askKeyFrame();
  }

  #askKeyFrame(): void {
    const now = performance.now();
    if (this.#closed || now - this.#askedAt < keyFrameGapMs) return;
    this.#askedAt = now;
    this.#options.onKeyFrameNeeded();
  }
}

const plain = ({ width, height }: Size): Size => ({ width, height });
