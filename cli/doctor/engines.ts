import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { promisify } from 'node:util';
import type { Environment } from '../../common/config/environment.ts';
import type { FfmpegPlaces } from '../../mixer-agent/ffmpeg/candidates.ts';
import { workerFile } from '../engines.ts';
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

/** Tries out the FFmpeg that a mixer would take. */
export async function checkFfmpeg(places: FfmpegPlaces): Promise<Finding> {
  const name = 'FFmpeg';
  const fix = 'Install it (apt-get install ffmpeg), or name one in FFMPEG_BIN or mixer.ffmpeg.';
  try {
    const { findFfmpeg } = await import('../../mixer-agent/ffmpeg/find.ts');
    const { path, source, refused } = await findFfmpeg(places);
    const found = `${path} (${source})`;
    return refused.length === 0 ? ok(name, found) : warning(name, `${found}, as ${refused.join('; ')}`, fix);
  } catch (error) {
    return warning(name, `no mixing, recording and streaming: ${sentence(error)}`, fix);
  }
}
