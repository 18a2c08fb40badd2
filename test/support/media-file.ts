import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const maxBuffer = 512 * 1024 * 1024;

export interface ProbedStream {
  codec_type: 'audio' | 'video';
  codec_name: string;
  width?: number;
  height?: number;
  channels?: number;
}

export interface ProbedFile {
  streams: ProbedStream[];
  format: { duration?: string; format_name: string; tags?: Record<string, string> };
}

/** What ffprobe says of a file. */
export async function probe(file: string): Promise<ProbedFile> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file],
  ]);
  return JSON.parse(stdout) as ProbedFile;
}

export interface ProbedPacket {
  stream: number;
  ms: number;
  bytes: number;
  key: boolean;
}

/** All packets of a file, in its order. */
export async function probePackets(file: string): Promise<ProbedPacket[]> {
  const { stdout } = await run(
    'ffprobe',
    [
      ...['-v', 'error', '-show_entries', 'packet=stream_index,pts_time,size,flags'],
      ...['-of', 'csv=p=0', file],
    ],
    { maxBuffer },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [stream, time, bytes, flags] = line.split(',');
      return {
        stream: Number(stream),
        ms: Math.round(Number(time) * 1_000),
        bytes: Number(bytes),
        key: flags?.startsWith('K') === true,
      };
    });
}

/** What FFmpeg has to say against a file when it decodes all of it. */
export async function complaintsAbout(file: string): Promise<string[]> {
  // Pictures come when they come: at times that are rounded to a frame rate two of them could coincide.
  const asTheyCome = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
  const args = ['-v', 'warning', '-i', file, ...asTheyCome, '-f', 'null', '-'];
  const { stderr } = await run('ffmpeg', args, { maxBuffer });
  return stderr.split('\n').filter((line) => line !== '');
}

/** Number of pictures that come out of a file. */
export async function decodedFrames(file: string): Promise<number> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames'],
    ...['-of', 'csv=p=0', file],
  ]);
  return Number(stdout.trim().split(',')[0]);
}

/** A picture of a file: when it is shown, and its mean colour as Y, U, V. */
export interface SeenPicture {
  ms: number;
  y: number;
  u: number;
  v: number;
}

/** All pictures of a file as a player shows them. */
export async function seenPictures(file: string): Promise<SeenPicture[]> {
  const filters = 'scale=64:36,signalstats,metadata=print:file=-';
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-v', 'error', '-i', file, '-map', '0:v', '-vf', filters, '-fps_mode', 'passthrough'],
      ...['-f', 'null', '/dev/null'],
    ],
    { maxBuffer },
  );
  return stdout
    .split(/^frame:/m)
    .slice(1)
    .map((text) => {
      const value = (name: string) => Number(new RegExp(String.raw`${name}[:=]\s*([\d.-]+)`).exec(text)?.[1]);
      return {
        ms: value('pts_time') * 1_000,
        y: value('signalstats.YAVG'),
        u: value('signalstats.UAVG'),
        v: value('signalstats.VAVG'),
      };
    });
}

/**
 * The sound of a file as a player plays it that goes by its length alone: mono samples at 48 kHz. Opus is decoded as browsers
 * do it: FFmpeg's own decoder goes wrong where an encoder changes between its modes.
 */
export async function heardSound(file: string): Promise<Float32Array> {
  const { streams } = await probe(file);
  const decoder = streams.some(({ codec_name: codec }) => codec === 'opus') ? ['-c:a', 'libopus'] : [];
  const { stdout } = await run(
    'ffmpeg',
    [
      '-v',
      'error',
      ...decoder,
      '-i',
      file,
      '-map',
      '0:a',
      '-ac',
      '1',
      '-ar',
      '48000',
      '-f',
      'f32le',
      'pipe:1',
    ],
    { maxBuffer, encoding: 'buffer' },
  );
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.length & ~3)));
}

/** Times at which a sound begins after silence, ms. */
export function onsets(sound: Float32Array, { quietMs = 100, level = 0.05 } = {}): number[] {
  const window = 48;
  const times: number[] = [];
  let quietSince = -Infinity;
  for (let at = 0; at + window <= sound.length; at += window) {
    let peak = 0;
    for (let index = at; index < at + window; index++) peak = Math.max(peak, Math.abs(sound[index] ?? 0));
    const ms = at / 48;
    if (peak < level) continue;
    if (ms - quietSince >= quietMs) times.push(ms);
    quietSince = ms;
  }
  return times;
}

/** Times at which pictures become white, ms. */
export function flashes(pictures: readonly SeenPicture[]): number[] {
  const isWhite = ({ y }: SeenPicture) => y > 200;
  return pictures
    .filter((picture, index) => {
      const before = pictures[index - 1];
      return isWhite(picture) && (before === undefined || !isWhite(before));
    })
    .map(({ ms }) => ms);
}

/** For each flash how much later its sound comes, ms; those without a sound near them are left out. */
export function soundOffsets(seen: readonly number[], heard: readonly number[], nearMs = 400): number[] {
  return seen.flatMap((flash) => {
    const near = heard.filter((beep) => Math.abs(beep - flash) < nearMs);
    const [first] = near.toSorted((one, other) => Math.abs(one - flash) - Math.abs(other - flash));
    return first === undefined ? [] : [first - flash];
  });
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
