// @ts-check
import { cpSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLines, run } from '../../command.mjs';
import { patchSources } from './patches.mjs';
import { buildStaticSrtp } from './static-srtp.mjs';

const SUBPROJECTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'subprojects');
/** Memory that one C++ compiler may need at its worst. */
const BYTES_PER_COMPILER = 900 * 1024 * 1024;

/**
 * Builds the worker from the C++ sources in the mediasoup package against the distribution's libraries.
 *
 * @param {object} options
 * @param {string} options.sources  the package's `worker` folder; only read
 * @param {string} options.folder   empty scratch folder, absolute
 * @param {string} options.log      file for the output of all tools
 * @param {NodeJS.ProcessEnv} options.env
 * @param {(detail: string) => void} options.onProgress
 * @returns {Promise<{ file: string, slowSrtp?: string }>} the binary; `slowSrtp`: why it had to use the
 *   distribution's libsrtp
 * @throws {Error} whose message says what failed
 */
export async function buildWorker({ sources, folder, log, env, onProgress }) {
  const source = join(folder, 'source');
  cpSync(sources, source, { recursive: true, filter: (path) => path !== join(sources, 'out') });
  rmSync(join(source, 'subprojects'), { recursive: true, force: true });
  cpSync(SUBPROJECTS, join(source, 'subprojects'), { recursive: true });
  patchSources(source);
  onProgress('libsrtp with OpenSSL');
  const srtp = await staticSrtp({ folder: join(folder, 'srtp'), env, log });
  const file = await compile({
    source,
    build: join(folder, 'build'),
    staticDir: srtp.folder,
    env,
    log,
    onProgress,
  });
  const slowSrtp = srtp.why ?? (await sharedSrtpIn(file, env));
  return slowSrtp === undefined ? { file } : { file, slowSrtp };
}

/**
 * @param {{ folder: string, env: NodeJS.ProcessEnv, log: string }} options
 * @returns {Promise<{ folder: string, why?: string }>} an empty `folder` means the shared library
 */
async function staticSrtp(options) {
  try {
    return { folder: await buildStaticSrtp(options) };
  } catch (error) {
    return { folder: '', why: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {{ source: string, build: string, staticDir: string, env: NodeJS.ProcessEnv, log: string, onProgress: (detail: string) => void }} options */
async function compile({ source, build, staticDir, env, log, onProgress }) {
  onProgress('configuring');
  const setup = await run(
    'meson',
    [
      'setup',
      '--buildtype=release',
      '-Db_ndebug=true',
      '--wrap-mode=nodownload',
      `-Dlibsrtp3:static-dir=${staticDir}`,
      build,
      source,
    ],
    { env, log },
  );
  if (setup.code !== 0) throw new Error(`meson failed:\n${lastLines(setup.output)}`);
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / BYTES_PER_COMPILER)));
  const ninja = await run('ninja', ['-C', build, '-j', String(jobs), 'mediasoup-worker'], {
    env: { ...env, NINJA_STATUS: '[%f/%t] ' },
    log,
    onLine: (line) => {
      const count = /^\[(\d+\/\d+)\]/.exec(line)?.[1];
      if (count) onProgress(`${count} files`);
    },
  });
  if (ninja.code !== 0) throw new Error(`the compiler failed:\n${compilerErrors(ninja.output)}`);
  return join(build, 'mediasoup-worker');
}

/** @param {string} output */
function compilerErrors(output) {
  const errors = output.split('\n').filter((line) => /\berror\b|undefined reference|Killed/i.test(line));
  return errors.length > 0 ? errors.slice(0, 6).join('\n') : lastLines(output);
}

/** @param {string} file @param {NodeJS.ProcessEnv} env */
async function sharedSrtpIn(file, env) {
  const { output } = await run('readelf', ['-d', file], { env });
  return /NEEDED.*\[(libsrtp2|libnss|libnspr)/.test(output)
    ? 'the linker took the shared library'
    : undefined;
}
