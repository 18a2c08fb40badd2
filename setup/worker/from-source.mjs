// @ts-check
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureAptPackages } from '../apt.mjs';
import { Failure } from '../failure.mjs';
import { buildWorker } from './build/build.mjs';
import { BUILD_PACKAGES } from './build/packages.mjs';
import { whyUnusable } from './prove.mjs';

/**
 * Builds the worker, with everything that the build itself needs, or explains what is in the way.
 *
 * @param {{ cache: string, env: NodeJS.ProcessEnv, progress: import('../progress.mjs').Progress, version: string }} context
 * @param {{ folder: string, packageDir: string, noPrebuilt: string }} options `noPrebuilt`: why a build is needed at all
 * @returns {Promise<{ file: string, origin: string }>}
 */
export async function workerFromSource(
  { cache, env, progress, version },
  { folder, packageDir, noPrebuilt },
) {
  const what = `mediasoup's worker ${version} is not there: no prebuilt one (${noPrebuilt}), and it could not be built`;
  if (process.platform !== 'linux') {
    throw new Failure({
      what,
      why: `Portico builds it on Linux only, not on ${process.platform}.`,
      fix: OWN_WORKER,
    });
  }
  await ensureAptPackages(
    { env, progress },
    { packages: BUILD_PACKAGES, what, purpose: 'to build the mediasoup worker' },
  );
  const log = join(cache, 'worker-build.log');
  mkdirSync(cache, { recursive: true });
  rmSync(log, { force: true });
  const step = progress.step(`building the mediasoup worker ${version} from source (some minutes, once)`);
  try {
    const sources = join(packageDir, 'worker');
    const { file, slowSrtp } = await buildWorker({ sources, folder, log, env, onProgress: step.update });
    const why = await whyUnusable(file);
    if (why !== undefined) throw new Error(why);
    step.done('mediasoup worker built');
    if (slowSrtp !== undefined) noteSlowSrtp(progress, slowSrtp);
    return {
      file,
      origin: `built from source${slowSrtp === undefined ? '' : " with the distribution's libsrtp"}`,
    };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure({
      what,
      why: `${error instanceof Error ? error.message : String(error)}\n(all output: ${log})`,
      fix: OWN_WORKER,
    });
  } finally {
    step.stop();
  }
}

const OWN_WORKER = [
  'try again with: npm start',
  'or give Portico a worker of the same version that was built elsewhere:',
  '  MEDIASOUP_WORKER_BIN=/path/to/mediasoup-worker npm start',
];

/** @param {import('../progress.mjs').Progress} progress @param {string} why */
function noteSlowSrtp(progress, why) {
  progress.note(`this worker uses the distribution's libsrtp, which may cost more CPU per packet: ${why}`);
}
