import { FfmpegChild } from '../../ffmpeg/child.ts';
import { NutReader } from '../../ffmpeg/nut.ts';
import type { Wish } from '../carriage.ts';
import { describeVideo, opusTrack } from '../headers/describe.ts';
import { MatroskaWriter } from '../matroska/writer.ts';
import type { AudioTrack, MediaUnit, TrackDescription } from '../unit.ts';
import { matroskaInput } from './demuxing.ts';
import { audioEncoding, evenSize, videoEncoding } from './encoding.ts';

export interface TranscodingChildOptions {
  ffmpeg: string;
  wish: Wish;
  keyFrameInterval: number;
  /** What goes in. */
  track: TrackDescription;
  /** Time of its first unit, ms. */
  baseMs: number;
  onTrack: (track: TrackDescription) => void;
  onUnit: (unit: MediaUnit) => void;
  onEnd: (reason: string) => void;
}

/** Encoders of sound begin before their first sample, and there are no times below 0. */
const headroomMs = 1_000;
/** Samples of a second: fine enough for sound, and for pictures. */
const timebase = 48_000;
/** Units go in and nothing comes out for so long, ms: it hangs. A new one has longer. */
const hangMs = { running: 5_000, starting: 15_000 };

/** What it still has belongs to a recording: it may take its time, as long as something comes. */
const endLimitMs = 30_000;

/** AAC-LC, 48 kHz, two channels (ISO/IEC 14496-3, 1.6.2.1). */
const aacTrack: AudioTrack = {
  kind: 'audio',
  codec: 'aac',
  sampleRate: 48_000,
  channels: 2,
  config: Uint8Array.of(0x11, 0x90),
};
const aacFrameMs = 1_024 / 48;
const opusFrameMs = 20;

/** One FFmpeg that encodes one track; it begins with a key frame. */
export class TranscodingChild {
  readonly #options: TranscodingChildOptions;
  readonly #writer: MatroskaWriter;
  readonly #child: FfmpegChild;
  readonly #startedAt = performance.now();
  #track: TrackDescription | undefined;
  /** Since when nothing has come although something should, ms. */
  #waitingSince: number | undefined;
  #ending = false;

  constructor(options: TranscodingChildOptions) {
    const { ffmpeg, track } = options;
    this.#options = options;
    const reader = new NutReader({
      timebase,
      allocate: (bytes) => new Uint8Array(bytes),
      onFrame: (data, time, key) => {
        this.#give(data, time, key);
      },
    });
    this.#child = new FfmpegChild({
      ffmpeg,
      endLimitMs,
      args: argumentsFor(options),
      onOutput: (chunk) => {
        reader.push(chunk);
      },
      onEnd: options.onEnd,
    });
    this.#writer = new MatroskaWriter({ tracks: { [track.kind]: track } });
    this.#child.write(this.#writer.header());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Bytes that it has not yet taken. */
  get waiting(): number {
    return this.#child.waiting;
  }

  /** It has given something. */
  get worked(): boolean {
    return this.#track !== undefined;
  }

  feed(unit: MediaUnit): void {
    this.#waitingSince ??= performance.now();
    const timeMs = unit.timeMs - this.#options.baseMs + headroomMs;
    this.#writer.unit({ ...unit, timeMs }, (bytes) => {
      this.#child.write(bytes);
    });
  }

  hangs(now: number): boolean {
    if (this.#waitingSince === undefined) return false;
    if (this.worked) return now - this.#waitingSince > hangMs.running;
    return now - this.#startedAt > hangMs.starting;
  }

  /** Lets it give what it has; resolves when it is gone. */
  end(): Promise<void> {
    this.#ending = true;
    this.#waitingSince ??= performance.now();
    return this.#child.end();
  }

  kill(): void {
    this.#child.kill();
  }

  #give(data: Uint8Array, time: number, key: boolean): void {
    this.#waitingSince = this.#ending ? performance.now() : undefined;
    const timeMs = (time * 1_000) / timebase - headroomMs + this.#options.baseMs;
    const { track } = this.#options;
    if (track.kind === 'video') this.#givePicture(data, timeMs, key);
    else this.#giveSound(data, timeMs);
  }

  #givePicture(data: Uint8Array, timeMs: number, key: boolean): void {
    if (this.#track === undefined) {
      this.#track = describeVideo(outputCodec(this.#options.wish), data);
      // It always begins with a key frame; what cannot be read is not what was asked for.
      if (this.#track === undefined) throw new Error('the encoder gives no key frame that can be read');
      this.#options.onTrack(this.#track);
    }
    this.#options.onUnit({ kind: 'video', data, timeMs, key });
  }

  #giveSound(data: Uint8Array, timeMs: number): void {
    const track = this.#options.wish.codec === 'aac' ? aacTrack : opusTrack;
    // The encoder's run-up, before there was any sound.
    if (timeMs < Math.max(0, this.#options.baseMs) - 1) return;
    if (this.#track === undefined) {
      this.#track = track;
      this.#options.onTrack(track);
    }
    const durationMs = track === aacTrack ? aacFrameMs : opusFrameMs;
    this.#options.onUnit({ kind: 'audio', data, timeMs, durationMs, key: true });
  }
}

/** FFmpeg's encoders of AV1 are too slow: what only has another shape becomes VP9, which the same files hold. */
function outputCodec(wish: Wish): 'h264' | 'vp8' | 'vp9' {
  const codec = wish.codec as string;
  return codec === 'h264' || codec === 'vp8' ? codec : 'vp9';
}

function argumentsFor({ wish, track, keyFrameInterval }: TranscodingChildOptions): string[] {
  return [
    ...matroskaInput({ [track.kind]: track }),
    '-copyts',
    ...(track.kind === 'video'
      ? videoEncoding({
          codec: outputCodec(wish),
          size: evenSize(('resolution' in wish && wish.resolution) || track.size),
          framerate: 'framerate' in wish ? wish.framerate : undefined,
          bitrate: 'bitrate' in wish ? wish.bitrate : undefined,
          keyFrameInterval,
        })
      : audioEncoding(wish.codec === 'aac' ? 'aac' : 'opus')),
    ...['-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'],
  ];
}
