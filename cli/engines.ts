import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../common/config/environment.ts';
import type { Config } from '../common/config/schema.ts';
import { ffmpegCandidates } from '../mixer-agent/ffmpeg/candidates.ts';

const require = createRequire(import.meta.url);

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

/** Place of the FFmpeg that a mixer would try first; whether it can do what it must is seen when the mixer starts. */
export function ffmpegInUse(env: Environment, configured = ''): string {
  const found = ffmpegCandidates({ configured, env }).find(({ path }) => path !== undefined);
  if (found?.path === undefined) return 'none found';
  return found.source === 'PATH' ? found.path : `${found.path} (${found.source})`;
}

/** Ports of the media workers, as configured; none when the system chooses them. */
export function mediaPorts({ access }: Config): number[] {
  if (access.port === 0) return [];
  const count = access.workers === 0 ? availableParallelism() : access.workers;
  return Array.from({ length: count }, (_, index) => access.port + index);
}
