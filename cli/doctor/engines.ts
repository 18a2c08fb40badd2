import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { promisify } from 'node:util';
import type { Environment } from '../../common/config/environment.ts';
import { ffmpegInUse, workerFile } from '../engines.ts';
import { failed, ok, sentence, warning, type Finding } from './finding.ts';

const run = promisify(execFile);
const limitMs = 10_000;

/** A mediasoup worker that nobody speaks to says so and ends with this code: it can run here. */
const lonely = 41;

export async function checkWorker(env: Environment): Promise<Finding> {
  const name = 'media worker';
  const file = workerFile(env);
  const fix = 'npm start builds it again when it is missing; delete the file first if it does not run.';
  if (file === undefined) return failed(name, 'mediasoup is not installed', 'npm start installs it.');
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return failed(name, `${file} does not exist or cannot be run`, fix);
  }
  try {
    await run(file, [], { env: {}, timeout: limitMs });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === lonely) return ok(name, `${file} runs`);
    return failed(name, `${file} does not run: ${sentence(error).split('\n')[0] ?? ''}`, fix);
  }
  return failed(name, `${file} is no media worker`, fix);
}

/** What mixing, recording and streaming encode with. */
const encoders = ['libx264', 'libvpx', 'libopus', 'aac'];

export async function checkFfmpeg(env: Environment): Promise<Finding> {
  const name = 'FFmpeg';
  const place = ffmpegInUse(env).replace(/ \(FFMPEG_BIN\)$/, '');
  const fix = 'Install it (apt-get install ffmpeg), or name one in FFMPEG_BIN.';
  if (place === 'none found') return warning(name, 'none found: no mixing, recording and streaming', fix);
  try {
    const { stdout } = await run(place, ['-hide_banner', '-encoders'], { timeout: limitMs });
    const missing = encoders.filter((encoder) => !new RegExp(`\\s${encoder}\\s`).test(stdout));
    if (missing.length === 0) return ok(name, place);
    return warning(name, `${place} lacks ${missing.join(', ')}`, fix);
  } catch (error) {
    return warning(name, `${place} does not run: ${sentence(error).split('\n')[0] ?? ''}`, fix);
  }
}
