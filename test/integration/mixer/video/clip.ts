import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NutReader } from '../../../../mixer-agent/ffmpeg/nut.ts';
import type { EncodedPicture, VideoCodec } from '../../../../mixer-agent/mix/media.ts';

const run = promisify(execFile);

const encoders: Record<VideoCodec, string[]> = {
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '0', '-lag-in-frames', '0'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0'],
  h264: ['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bsf:v', 'dump_extra=freq=k'],
  av1: ['libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-row-mt', '0'],
};

export interface ClipOptions {
  codec: VideoCodec;
  /** FFmpeg's lavfi source, e.g. `color=c=red:s=320x180:r=25`. */
  source: string;
  frames?: number;
  /** Frames between key frames. */
  keyInterval?: number;
  extra?: readonly string[];
}

/** NUT of what FFmpeg's own encoder makes of a source. */
export async function nutOf(clip: ClipOptions): Promise<Buffer> {
  const { codec, source, frames = 10, keyInterval = 10, extra = [] } = clip;
  const [name = '', ...flags] = encoders[codec];
  const args = [
    ...['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', source, '-frames:v', `${frames}`],
    ...['-pix_fmt', 'yuv420p', '-threads', '1', '-c:v', name, ...flags, '-b:v', '500k'],
    ...['-g', `${keyInterval}`, '-keyint_min', `${keyInterval}`, ...extra, '-f', 'nut', 'pipe:1'],
  ];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Encoded pictures, the first of which is a key frame; captured at 1000, 1040.25, 1080.5, ... ms. */
export async function clipOf(clip: ClipOptions): Promise<EncodedPicture[]> {
  const pictures: EncodedPicture[] = [];
  const reader = new NutReader({
    timebase: 1_000,
    allocate: (bytes) => new Uint8Array(bytes),
    onFrame: (data, _time, key) => {
      pictures.push({ codec: clip.codec, data, key, captureMs: 1000 + 40.25 * pictures.length });
    },
  });
  reader.push(await nutOf(clip));
  return pictures;
}
