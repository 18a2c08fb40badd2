import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MatroskaReader, type StoredUnit } from '../../mixer-agent/egress/matroska/reader.ts';
import type { VideoCodec } from '../../mixer-agent/mix/media.ts';

const run = promisify(execFile);

export interface ClipOptions {
  codec: VideoCodec;
  seconds: number;
  /** FFmpeg's name. */
  colour: string;
  /** Hz; heard at each flash, or all the time. */
  tone: number;
  /** White pictures and a tone for 0.1 s, each 0.9 s; otherwise the colour and the tone all the time. */
  flashes?: boolean;
  width?: number;
  height?: number;
  /** Pictures per second; 20 has a picture at each beginning of a flash. */
  framerate?: number;
  /** s between key frames. */
  keyFrameInterval?: number;
  /** kbit/s of the picture. */
  bitrate?: number;
  /** A picture that needs all of them. */
  noise?: boolean;
}

/** Encoded media; times in ms. Pictures are in the form that RTP packetizers take. */
export interface Clip {
  codec: VideoCodec;
  video: { data: Buffer; timeMs: number; key: boolean }[];
  audio: { data: Buffer; timeMs: number }[];
}

const encoders: Record<VideoCodec, string[]> = {
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '-8'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0'],
  h264: ['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
  av1: ['libsvtav1', '-preset', '12', '-svtav1-params', 'pred-struct=1'],
};

/** Makes a clip. */
export async function makeClip(options: ClipOptions): Promise<Clip> {
  const { codec, seconds, colour, tone, width = 320, height = 180, framerate = 20 } = options;
  const { flashes = false, keyFrameInterval = 1, bitrate = 400, noise = false } = options;
  const during = 'lt(mod(t+0.0001,0.9),0.1)';
  const flash = flashes ? `,drawbox=t=fill:color=white:enable='${during}'` : '';
  const form = noise ? `${flash},noise=alls=60:allf=t` : flash;
  const beep = `0.4*sin(2*PI*${tone}*t)${flashes ? `*${during.replaceAll(',', String.raw`\,`)}` : ''}`;
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', `color=c=${colour}:s=${width}x${height}:r=${framerate}${form}`],
      ...['-f', 'lavfi', '-i', `aevalsrc=${beep}:s=48000:c=stereo`, '-t', String(seconds)],
      ...[
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        ...encoders[codec],
        '-b:v',
        `${bitrate}k`,
        '-g',
        String(framerate * keyFrameInterval),
      ],
      ...['-c:a', 'libopus', '-b:a', '64k', '-application', 'audio'],
      ...['-bf', '0', '-f', 'matroska', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 },
  );
  return takeApart(codec, stdout);
}

function takeApart(codec: VideoCodec, file: Buffer): Clip {
  const clip: Clip = { codec, video: [], audio: [] };
  const sets: Buffer[] = [];
  let video = 0;
  const reader = new MatroskaReader({
    track: ({ number, codecId, config }) => {
      if (!codecId.startsWith('V_')) return;
      video = number;
      if (codec === 'h264') sets.push(...parameterSets(Buffer.from(config ?? [])));
    },
    unit: ({ track, data, timeMs, key }: StoredUnit) => {
      const bytes = Buffer.from(data);
      if (track !== video) clip.audio.push({ data: bytes, timeMs });
      else clip.video.push({ data: codec === 'h264' ? annexB(bytes, key ? sets : []) : bytes, timeMs, key });
    },
  });
  reader.push(file);
  return clip;
}

const startCode = Buffer.from([0, 0, 0, 1]);

/** Parameter sets of an avcC with one of each. */
function parameterSets(avcC: Buffer): Buffer[] {
  const spsEnd = 8 + avcC.readUInt16BE(6);
  return [avcC.subarray(8, spsEnd), avcC.subarray(spsEnd + 3, spsEnd + 3 + avcC.readUInt16BE(spsEnd + 1))];
}

function annexB(data: Buffer, sets: readonly Buffer[]): Buffer {
  const parts = sets.flatMap((set) => [startCode, set]);
  for (let at = 0; at < data.length;) {
    const end = at + 4 + data.readUInt32BE(at);
    const unit = data.subarray(at + 4, end);
    if (![7, 8].includes((unit[0] ?? 0) & 0x1f)) parts.push(startCode, unit);
    at = end;
  }
  return Buffer.concat(parts);
}
