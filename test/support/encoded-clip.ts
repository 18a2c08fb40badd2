import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describeVideo, opusTrack } from '../../mixer-agent/egress/headers/describe.ts';
import type { MediaUnit, Tracks } from '../../mixer-agent/egress/unit.ts';
import { NutReader } from '../../mixer-agent/ffmpeg/nut.ts';

export interface ClipOptions {
  /** Absent: no picture. */
  video?: 'h264' | 'vp8' | 'vp9';
  /** Of the picture. */
  colour?: string;
  size?: string;
  framerate?: number;
  /** Pictures from one key frame to the next. */
  keyEvery?: number;
  /** Hz; absent: no sound. */
  tone?: number;
  seconds: number;
  /** kbit/s of the picture; it is then full of noise. */
  bitrate?: number;
}

/** Encoded media as the parts of an egress get them, from the time 0. */
export interface Clip {
  tracks: Tracks;
  units: MediaUnit[];
  durationMs: number;
}

const encoders = {
  h264: [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-x264-params', 'repeat-headers=1:scenecut=0'],
  ],
  vp8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-auto-alt-ref', '0'],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0'],
};

/** A picture of one colour and a tone. */
export async function encodedClip(options: ClipOptions): Promise<Clip> {
  const { video, tone, seconds } = options;
  const pictures = video === undefined ? [] : await encode(videoArguments(options), 1_000);
  const sounds = tone === undefined ? [] : await encode(audioArguments(tone, seconds), 1_000);
  const units: MediaUnit[] = [
    ...pictures.map((unit): MediaUnit => ({ ...unit, kind: 'video' })),
    ...sounds.map((unit, index): MediaUnit => ({
      ...{ ...unit, kind: 'audio', key: true },
      ...{ timeMs: index * 20, durationMs: 20 },
    })),
  ].filter(({ timeMs }) => timeMs < seconds * 1_000);
  const described = video && describeVideo(video, pictures[0]!.data);
  if (video !== undefined && described === undefined) throw new Error('the clip has no header');
  return {
    tracks: { ...(described && { video: described }), ...(tone !== undefined && { audio: opusTrack }) },
    units: units.sort((one, other) => one.timeMs - other.timeMs),
    durationMs: seconds * 1_000,
  };
}

function videoArguments({ video = 'h264', colour = 'blue', ...more }: ClipOptions): string[] {
  const { size = '320x180', framerate = 25, keyEvery = framerate, seconds, bitrate } = more;
  const source = bitrate === undefined ? `color=c=${colour}` : `nullsrc`;
  const noise = bitrate === undefined ? [] : ['-vf', 'geq=random(1)*255:128:128'];
  return [
    ...['-f', 'lavfi', '-i', `${source}:s=${size}:r=${framerate}`.replace('nullsrc:', 'nullsrc=')],
    ...[...noise, '-t', String(seconds), '-pix_fmt', 'yuv420p', ...encoders[video]],
    ...['-b:v', `${bitrate ?? 300}k`, '-g', String(keyEvery)],
  ];
}

const audioArguments = (hz: number, seconds: number): string[] => [
  ...['-f', 'lavfi', '-i', `sine=${hz}:r=48000`, '-t', String(seconds), '-filter:a', 'volume=4dB'],
  ...['-ac', '2', '-c:a', 'libopus', '-b:a', '64k'],
];

async function encode(args: string[], timebase: number) {
  const units: { data: Uint8Array; timeMs: number; key: boolean }[] = [];
  const reader = new NutReader({
    timebase,
    allocate: (bytes) => new Uint8Array(bytes),
    onFrame: (data, timeMs, key) => units.push({ data, timeMs: Math.max(0, timeMs), key }),
  });
  const child = spawn('ffmpeg', ['-v', 'error', ...args, '-f', 'nut', 'pipe:1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.on('data', (chunk: Buffer) => {
    reader.push(chunk);
  });
  await once(child, 'close');
  return units;
}

/** Where units go. */
interface Receiver {
  push(unit: MediaUnit): void;
}

/** Plays a clip over and over, at its own pace, as if it never ended. */
export class ClipPlayer {
  readonly #clip: Clip;
  readonly #receiver: Receiver;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  readonly #fromMs: number;
  #next = 0;
  #rounds = 0;

  /** @param fromMs time of its first unit */
  constructor(clip: Clip, receiver: Receiver, fromMs = 0) {
    this.#fromMs = fromMs;
    this.#clip = clip;
    this.#receiver = receiver;
    this.#timer = setInterval(() => {
      this.#play();
    }, 10);
    this.#play();
  }

  /** Time of what comes next, ms. */
  get timeMs(): number {
    return this.#fromMs + performance.now() - this.#startedAt;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #play(): void {
    const now = performance.now() - this.#startedAt;
    for (;;) {
      const unit = this.#clip.units[this.#next];
      if (unit === undefined) {
        this.#next = 0;
        this.#rounds += 1;
        continue;
      }
      const timeMs = unit.timeMs + this.#rounds * this.#clip.durationMs;
      if (timeMs > now) return;
      this.#next += 1;
      this.#receiver.push({ ...unit, timeMs: this.#fromMs + timeMs });
    }
  }
}
