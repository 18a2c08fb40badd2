import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../common/config/environment.ts';
import type { Config } from '../common/config/schema.ts';

const require = createRequire(import.meta.url);

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Folder of an installed package, from where its main file is. */
function packageFolder(name: string): string | undefined {
  try {
    const main = require.resolve(name);
    const end = main.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length;
    return main.slice(0, end);
  } catch {
    return undefined;
  }
}

/** The media worker, where mediasoup itself looks for it; undefined: mediasoup is not installed. */
export function workerFile(env: Environment): string | undefined {
  const folder = packageFolder('mediasoup');
  if (folder === undefined) return undefined;
  return env['MEDIASOUP_WORKER_BIN'] ?? join(folder, 'worker', 'out', 'Release', 'mediasoup-worker');
}

/** Version and place of the media worker. */
export function workerInUse(env: Environment): string {
  const folder = packageFolder('mediasoup');
  const file = workerFile(env);
  if (folder === undefined || file === undefined) return 'mediasoup is not installed';
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { version } = z.object({ version: z.string() }).parse(manifest);
  return `mediasoup ${version}, ${file}${env['MEDIASOUP_WORKER_BIN'] === undefined ? '' : ' (MEDIASOUP_WORKER_BIN)'}`;
}

/** Place of the FFmpeg that a mixer would take; the set-up has checked what it can do. */
export function ffmpegInUse(env: Environment): string {
  const given = env['FFMPEG_BIN'];
  if (given !== undefined && given !== '') return `${given} (FFMPEG_BIN)`;
  const bundled = packageFolder('ffmpeg-static');
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const candidates = [...(bundled === undefined ? [] : [bundled]), ...folders].map((folder) =>
    join(folder, 'ffmpeg'),
  );
  return candidates.find(isProgram) ?? 'none found';
}

/** Ports of the media workers, as configured; none when the system chooses them. */
export function mediaPorts({ access }: Config): number[] {
  if (access.port === 0) return [];
  const count = access.workers === 0 ? availableParallelism() : access.workers;
  return Array.from({ length: count }, (_, index) => access.port + index);
}
