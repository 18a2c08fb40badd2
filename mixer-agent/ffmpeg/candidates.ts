import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Environment } from '../../common/config/environment.ts';

/** A place where an FFmpeg may be, and who names it. */
export interface FfmpegCandidate {
  source: 'mixer.ffmpeg' | 'FFMPEG_BIN' | 'the package ffmpeg-static' | 'PATH';
  /** Undefined: there is none. */
  path: string | undefined;
  /** Why there is none. */
  absent: string;
}

export interface FfmpegPlaces {
  /** `mixer.ffmpeg` of the configuration; empty: not set. */
  configured: string;
  env: Environment;
}

/** Where to look, best first. Nothing is started. */
export function ffmpegCandidates({ configured, env }: FfmpegPlaces): FfmpegCandidate[] {
  return [
    { source: 'mixer.ffmpeg', path: given(configured), absent: 'is not set' },
    { source: 'FFMPEG_BIN', path: given(env['FFMPEG_BIN']), absent: 'is not set' },
    {
      source: 'the package ffmpeg-static',
      path: bundled(),
      absent: 'has no binary here (its own installer is not run)',
    },
    { source: 'PATH', path: onPath(env), absent: 'has no ffmpeg' },
  ];
}

const given = (path: string | undefined): string | undefined => (path === '' ? undefined : path);

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function bundled(): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('ffmpeg-static');
    const file = join(dirname(main), 'ffmpeg');
    return isProgram(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

const onPath = (env: Environment): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, 'ffmpeg'))
    .find(isProgram);
