import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { VideoCodec } from '../../mixer-agent/mix/media.ts';

const run = promisify(execFile);
const maxBuffer = 64 * 1024 * 1024;

const encoders: Record<VideoCodec, string[]> = {
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-f', 'ivf'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-f', 'ivf'],
  h264: [
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-bsf:v',
    'h264_metadata=aud=insert',
    '-f',
    'h264',
  ],
  av1: ['libsvtav1', '-preset', '12', '-f', 'ivf'],
};

/** Frames of an IVF file, without its headers. */
function ivfFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at + 12 <= file.length;) {
    const end = at + 12 + file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, end));
    at = end;
  }
  return frames;
}

const delimiter = Buffer.from([0, 0, 0, 1, 9]);

/** Access units of a file that has a delimiter before each, without the delimiters. */
function accessUnits(file: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let start = file.indexOf(delimiter); start >= 0;) {
    const next = file.indexOf(delimiter, start + 1);
    units.push(file.subarray(start + delimiter.length + 1, next < 0 ? file.length : next));
    start = next;
  }
  return units;
}

/** A moving picture, encoded by FFmpeg: frames as in IVF, access units in Annex B. */
export async function encodeFrames(codec: VideoCodec, count: number): Promise<Buffer[]> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-frames:v', String(count)];
  const { stdout } = await run(
    'ffmpeg',
    [
      '-v',
      'error',
      ...source,
      '-pix_fmt',
      'yuv420p',
      '-g',
      '12',
      '-b:v',
      '800k',
      '-c:v',
      ...encoders[codec],
      'pipe:1',
    ],
    { encoding: 'buffer', maxBuffer },
  );
  return codec === 'h264' ? accessUnits(stdout) : ivfFrames(stdout);
}

const fourCc = { vp8: 'VP80', vp9: 'VP90', av1: 'AV01' };

/** What decoders take on their standard input. */
function frameFile(codec: VideoCodec, frames: readonly Uint8Array[]): Buffer {
  if (codec === 'h264') return Buffer.concat(frames);
  const header = Buffer.alloc(32);
  header.write(`DKIF\0\0\x20\0${fourCc[codec]}`, 'latin1');
  header.writeUInt16LE(320, 12);
  header.writeUInt16LE(180, 14);
  header.writeUInt32LE(25, 16);
  header.writeUInt32LE(1, 20);
  const parts = frames.flatMap((frame, index) => {
    const frameHeader = Buffer.alloc(12);
    frameHeader.writeUInt32LE(frame.length, 0);
    frameHeader.writeUInt32LE(index, 4);
    return [frameHeader, frame];
  });
  return Buffer.concat([header, ...parts]);
}

/** Sizes of the pictures that FFmpeg decodes. @throws Error for every complaint of the decoder. */
export async function decodedSizes(
  codec: VideoCodec,
  frames: readonly Uint8Array[],
  decoder?: string,
): Promise<string[]> {
  const child = run(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'level+info', ...(decoder === undefined ? [] : ['-c:v', decoder])],
      ...['-f', codec === 'h264' ? 'h264' : 'ivf', '-i', 'pipe:0', '-fps_mode', 'passthrough'],
      ...['-vf', 'showinfo', '-f', 'null', '-'],
    ],
    { maxBuffer },
  );
  child.child.stdin?.end(frameFile(codec, frames));
  const { stderr } = await child;
  const complaints = stderr.split('\n').filter((line) => /\[(error|fatal)\]/.test(line));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return [...stderr.matchAll(/Parsed_showinfo.* s:(\d+x\d+) /g)].map(([, size]) => size ?? '');
}
