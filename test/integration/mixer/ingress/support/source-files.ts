import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const pictures = {
  /** With B-frames. */
  h264: ['libx264', '-preset', 'veryfast', '-bf', '2'],
  main: ['libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-bf', '0', '-profile:v', 'main'],
  high: ['libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-bf', '0', '-profile:v', 'high'],
  baseline: ['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
  hevc: ['libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-b:v', '400k'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '400k'],
};
const sounds = { aac: ['aac'], opus: ['libopus'], mp3: ['libmp3lame'] };

export interface SourceFileOptions {
  name: string;
  video?: keyof typeof pictures;
  audio?: keyof typeof sounds;
  seconds: number;
  /** FFmpeg's name. */
  colour?: string;
  /** Hz. */
  tone?: number;
  /** White pictures and the tone for 0.1 s, each 0.9 s; otherwise the colour and the tone all the time. */
  flashes?: boolean;
  /** Pictures from one key frame to the next. */
  gop?: number;
}

const during = 'lt(mod(t+0.0001,0.9),0.1)';

/** Media files of a test; 320x180, 20 pictures each second, and a key frame unless another distance is given. */
export class SourceFiles {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<SourceFiles> {
    return new SourceFiles(await mkdtemp(join(tmpdir(), 'portico-ingress-')));
  }

  async make(options: SourceFileOptions): Promise<string> {
    const { name, video, audio, seconds, colour = 'red', tone = 700, flashes = false, gop = 20 } = options;
    const file = join(this.folder, name);
    const flash = flashes ? `,drawbox=t=fill:color=white:enable='${during}'` : '';
    const beep = `0.4*sin(2*PI*${tone}*t)${flashes ? `*${during.replaceAll(',', String.raw`\,`)}` : ''}`;
    await run('ffmpeg', [
      ...['-v', 'error', '-y'],
      ...['-f', 'lavfi', '-i', `color=c=${colour}:s=320x180:r=20${flash}`],
      ...['-f', 'lavfi', '-i', `aevalsrc=${beep}:s=48000:c=stereo`, '-t', String(seconds)],
      ...(video === undefined
        ? ['-vn']
        : ['-pix_fmt', 'yuv420p', '-map', '0:v', '-c:v', ...pictures[video], '-g', String(gop)]),
      ...(audio === undefined ? ['-an'] : ['-map', '1:a', '-c:a', ...sounds[audio]]),
      file,
    ]);
    return file;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
