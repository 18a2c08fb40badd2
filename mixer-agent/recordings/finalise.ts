import { spawn } from 'node:child_process';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Container } from '../../common/contract/egress.ts';
import { lowerPriority } from './low-priority.ts';

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
}): Promise<void> {
  const { ffmpeg, from, to, container } = options;
  const { name, options: more } = formats[container];
  await runFfmpeg(ffmpeg, [
    '-y',
    '-f',
    'matroska',
    '-i',
    from,
    '-map',
    '0',
    '-c',
    'copy',
    ...more,
    '-f',
    name,
    to,
  ]);
}

/**
 * Reads a file from the beginning to the end.
 * @returns its length, ms
 * @throws PorticoError `internal` when something in it cannot be read
 */
export async function checkFile(ffmpeg: string, path: string): Promise<number> {
  const complaints: string[] = [];
  const told = await runFfmpeg(
    ffmpeg,
    ['-i', path, '-map', '0', '-c', 'copy', '-f', 'null', '-'],
    complaints,
  );
  if (complaints.length > 0)
    throw new PorticoError('internal', `the finished file is damaged: ${complaints.join(' | ')}`);
  // The last report has the end.
  const times = [...told.matchAll(/^out_time_us=(\d+)$/gm)];
  return Number(times.at(-1)?.[1] ?? 0) / 1_000;
}

/** What it says of its progress. @param complaints what it minded, although it went on */
async function runFfmpeg(
  ffmpeg: string,
  args: readonly string[],
  complaints: string[] = [],
): Promise<string> {
  const common = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-progress', 'pipe:1'];
  const child = spawn(ffmpeg, [...common, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  lowerPriority(child.pid);
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
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code ?? '?'}`}`);
    });
  });
  clearTimeout(timer);
  if (outcome === undefined) return told;
  throw new PorticoError('internal', `FFmpeg ${[outcome, ...complaints].join(': ').slice(0, 1_000)}`);
}
