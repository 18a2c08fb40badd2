import { PorticoError } from '../../common/contract/errors.ts';
import type { Container } from '../../common/contract/egress.ts';
import type { Launch } from '../ffmpeg/launch/child.ts';
import { lowPriority } from './low-priority.ts';

type Kind = Exclude<Container, 'auto'>;

const formats: Record<Kind, { name: string; options: string[] }> = {
  mkv: { name: 'matroska', options: [] },
  webm: { name: 'webm', options: [] },
  mp4: { name: 'mp4', options: ['-movflags', '+faststart'] },
  ts: { name: 'mpegts', options: [] },
};

const keptLines = 3;
/** It copies at the speed of the disk; one that does nothing for so long hangs, ms. */
const silenceMs = 60_000;

/**
 * Copies what was recorded into a file that players can seek in.
 * @param from live Matroska, possibly cut off
 * @throws PorticoError `internal` with what FFmpeg says
 */
export async function finaliseFile(options: {
  ffmpeg: string;
  from: string;
  to: string;
  container: Kind;
  launch: Launch;
}): Promise<void> {
  const { ffmpeg, from, to, container, launch } = options;
  const { name, options: more } = formats[container];
  const args = ['-y', '-f', 'matroska', '-i', from, '-map', '0', '-c', 'copy', ...more, '-f', name, to];
  await runFfmpeg(ffmpeg, args, { launch });
}

/**
 * Reads a file from the beginning to the end.
 * @returns its length, ms
 * @throws PorticoError `internal` when something in it cannot be read
 */
export async function checkFile(ffmpeg: string, path: string, launch: Launch): Promise<number> {
  const complaints: string[] = [];
  const args = ['-i', path, '-map', '0', '-c', 'copy', '-f', 'null', '-'];
  const told = await runFfmpeg(ffmpeg, args, { launch, complaints });
  if (complaints.length > 0)
    throw new PorticoError('internal', `the finished file is damaged: ${complaints.join(' | ')}`);
  // The last report has the end.
  const times = [...told.matchAll(/^out_time_us=(\d+)$/gm)];
  return Number(times.at(-1)?.[1] ?? 0) / 1_000;
}

/** What it says of its progress. `complaints`: what it minded, although it went on. */
async function runFfmpeg(
  file: string,
  args: readonly string[],
  { launch, complaints = [] }: { launch: Launch; complaints?: string[] },
): Promise<string> {
  const common = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-progress', 'pipe:1'];
  const child = launch({ file, args: [...common, ...args], niceness: lowPriority });
  child.stdin.on('error', () => undefined).end();
  let told = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), silenceMs);
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), silenceMs);
    told = (told + text).slice(-2_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').filter((line) => line !== '');
    complaints.push(...lines.slice(0, Math.max(0, keptLines - complaints.length)));
  });
  // A pipe that another thread made is still.
  for (const pipe of [child.stdout, child.stderr]) pipe.resume();
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => {
      resolve(error.message);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code ?? '?'}`}`);
    });
  });
  clearTimeout(timer);
  if (outcome === undefined) return told;
  throw new PorticoError('internal', `FFmpeg ${[outcome, ...complaints].join(': ').slice(0, 1_000)}`);
}
