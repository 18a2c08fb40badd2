import type { Ffmpeg } from '../../ffmpeg/child.ts';
import type { EncoderSettings } from '../../ffmpeg/encoder-arguments.ts';
import type { EngineLog } from '../../process/engine-log.ts';
import type { MixCodec, Picture, Size } from '../media.ts';
import { Encoder, type EncodedTick } from './encoder.ts';
import { Restarts } from './restarts.ts';

/** What can change while the line goes on. */
export interface EncoderLineSettings {
  size: Size;
  /** Pictures that come per second. */
  framerate: number;
  /** kbit/s. */
  bitrate: number;
}

export interface EncoderLineOptions extends EncoderLineSettings {
  ffmpeg: Ffmpeg;
  codec: MixCodec;
  /** Of the pictures that will come, if known: their encoder is loaded meanwhile, which takes as long as several pictures. */
  input?: Size | undefined;
  /** In the order of ticks, each at most once. */
  onPicture: (picture: EncodedTick) => void;
  log: EngineLog;
}

const watchMs = 250;
/** After a change the frames of the new encoder wait for the last ones of the old one, at most so long. */
const drainLimitMs = 300;

/**
 * An encoder that never stops. The FFmpeg behind it is another one after a crash and after each change of settings or
 * of the size of the pictures: that one is warmed up beside the old one and takes over with a key frame.
 */
export class EncoderLine {
  readonly #options: EncoderLineOptions;
  readonly #again = new Restarts();
  readonly #watch: NodeJS.Timeout;
  #settings: EncoderLineSettings;
  #input: Size | undefined;
  #current: Encoder | undefined;
  /** Takes over as soon as it has given a frame, which is thrown away. */
  #next: Encoder | undefined;
  /** Gives its last frames; those of the current one wait for them here. */
  #last: Encoder | undefined;
  #held: EncodedTick[] = [];
  #lastTick = -Infinity;
  #owesKey = false;
  #restarts = 0;
  #skipped = 0;
  #slowBefore = 0;
  #closed = false;

  constructor(options: EncoderLineOptions) {
    this.#options = options;
    this.#settings = options;
    this.#input = options.input;
    this.#watch = setInterval(() => {
      this.#look();
    }, watchMs).unref();
    this.#reconcile();
  }

  /** Times that an encoder died or was ended because it hung. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Pictures that were left out because the encoder was busy. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Frames that took longer than a tick. */
  get slow(): number {
    return this.#slowBefore + (this.#current?.slow ?? 0);
  }

  /** No picture is taken now: there is no need to compose one. */
  get busy(): boolean {
    if (this.#current === undefined) return !this.#closed && !this.#again.allowed(performance.now());
    return this.#current.busy && !(this.#next !== undefined && isReady(this.#next));
  }

  /** Whether an encoder still reads this picture: it must not change. */
  holds(picture: Picture): boolean {
    return [this.#current, this.#next, this.#last].some((encoder) => encoder?.holding?.data === picture.data);
  }

  /** Process ids of the encoders. */
  get pids(): number[] {
    return [this.#current?.pid, this.#next?.pid, this.#last?.pid].filter((pid) => pid !== undefined);
  }

  /** Other settings from the next possible moment on. */
  configure(settings: EncoderLineSettings): void {
    this.#settings = settings;
    this.#reconcile();
  }

  /**
   * Encodes a picture, whose data must stay as it is while `holds`.
   * @param tick its number, greater than the last
   * @param key as a key frame; remembered when the picture is left out
   * @returns whether it was taken
   */
  encode(picture: Picture, tick: number, key: boolean): boolean {
    if (this.#closed) return false;
    this.#owesKey ||= key;
    this.#input = { width: picture.width, height: picture.height };
    this.#reconcile();
    this.#warm(picture, tick);
    const current = this.#current;
    const fits = current !== undefined && sameSize(current.settings.input, picture);
    const taken = fits && current.encode(picture, tick, this.#owesKey);
    if (taken) this.#owesKey = false;
    else this.#skipped += 1;
    return taken;
  }

  /** Ends the line; nothing is called any more. Resolves when its processes are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    this.#held = [];
    await Promise.all([this.#current?.close(), this.#next?.close(), this.#last?.close()]);
  }

  /** Makes sure that there is an encoder for what is wanted. */
  #reconcile(): void {
    const input = this.#input;
    if (this.#closed || input === undefined) return;
    const newest = this.#next ?? this.#current;
    const { codec } = this.#options;
    const { size, framerate, bitrate } = this.#settings;
    const wanted: EncoderSettings = { codec, input, size, framerate, bitrate };
    if (newest !== undefined && sameSettings(newest.settings, wanted)) return;
    if (!this.#again.allowed(performance.now())) return;
    void this.#next?.close();
    const started = this.#start(wanted);
    if (this.#current === undefined) this.#current = started;
    else this.#next = started;
  }

  #start(settings: EncoderSettings): Encoder {
    const encoder: Encoder = new Encoder({
      ...settings,
      ffmpeg: this.#options.ffmpeg,
      onPicture: (picture) => {
        this.#give(encoder, picture);
      },
      onEnd: (reason) => {
        this.#lose(encoder, reason);
      },
    });
    return encoder;
  }

  /** Gives the next encoder something to begin with, or makes it the current one. */
  #warm(picture: Picture, tick: number): void {
    const next = this.#next;
    if (next === undefined || !sameSize(next.settings.input, picture)) return;
    if (!next.fed) next.encode(picture, tick, false);
    else if (isReady(next)) this.#switchTo(next);
  }

  #switchTo(next: Encoder): void {
    const last = this.#current;
    this.#current = next;
    this.#next = undefined;
    this.#owesKey = true;
    if (last === undefined) return;
    this.#slowBefore += last.slow;
    // One is enough: a further change while the last drains ends its wait.
    this.#endLast(this.#last);
    this.#last = last;
    void last.finish();
    setTimeout(() => {
      this.#endLast(last);
    }, drainLimitMs).unref();
  }

  /** The old encoder has given everything or had its time. */
  #endLast(last: Encoder | undefined): void {
    if (last === undefined || last !== this.#last) return;
    this.#last = undefined;
    void last.close();
    const held = this.#held;
    this.#held = [];
    for (const picture of held) this.#send(picture);
  }

  #give(encoder: Encoder, picture: EncodedTick): void {
    if (encoder === this.#last) this.#send(picture);
    else if (encoder !== this.#current) return;
    else if (this.#last !== undefined) this.#held.push(picture);
    else this.#send(picture);
  }

  #send(picture: EncodedTick): void {
    if (this.#closed || picture.tick <= this.#lastTick) return;
    this.#lastTick = picture.tick;
    this.#options.onPicture(picture);
  }

  #lose(encoder: Encoder, reason: string): void {
    if (encoder === this.#last) {
      this.#endLast(encoder);
      return;
    }
    if (this.#closed || (encoder !== this.#current && encoder !== this.#next)) return;
    this.#restarts += 1;
    this.#options.log.warn({ reason, codec: encoder.settings.codec }, 'encoder ended');
    this.#again.died(encoder.started, performance.now());
    if (encoder === this.#current) {
      this.#slowBefore += encoder.slow;
      this.#current = undefined;
      if (this.#next !== undefined && isReady(this.#next)) {
        this.#current = this.#next;
        this.#owesKey = true;
      } else void this.#next?.close();
    }
    this.#next = undefined;
    this.#reconcile();
  }

  #look(): void {
    const now = performance.now();
    for (const encoder of [this.#current, this.#next]) if (encoder?.hangs(now)) encoder.kill();
    this.#reconcile();
  }
}

/** It has given the frame that it began with: what comes next comes at once. */
const isReady = (encoder: Encoder): boolean => encoder.started && !encoder.busy;

const sameSize = (one: Size, other: Size): boolean =>
  one.width === other.width && one.height === other.height;

const sameSettings = (one: EncoderSettings, other: EncoderSettings): boolean =>
  sameSize(one.input, other.input) &&
  sameSize(one.size, other.size) &&
  one.framerate === other.framerate &&
  one.bitrate === other.bitrate;
