// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { temporaryDir } from './paths.mjs';
import { fingerprint, readStamp, sameStamp, writeStamp } from './stamp.mjs';
import { cachedWorker, dropCachedWorker, installWorker, keepWorker, WORKER_NAME } from './worker/cache.mjs';
import { machineWorkerKey } from './worker/key.mjs';
import { whyUnusable } from './worker/prove.mjs';

/**
 * @typedef {object} Context
 * @property {string} root
 * @property {string} cache
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./progress.mjs').Progress} progress
 */

/** @param {string} root */
const packageDir = (root) => join(root, 'node_modules', 'mediasoup');

/** Where mediasoup looks by itself. @param {string} root */
const target = (root) => join(packageDir(root), 'worker', 'out', 'Release', WORKER_NAME);

/** @param {string} root @returns {string} */
const mediasoupVersion = (root) =>
  JSON.parse(readFileSync(join(packageDir(root), 'package.json'), 'utf8')).version;

/** @param {Context} context */
function wantedStamp({ root, env }) {
  const given = env['MEDIASOUP_WORKER_BIN'];
  if (given) return { given: fingerprint(given) ?? null };
  return { key: machineWorkerKey(mediasoupVersion(root)), file: fingerprint(target(root)) ?? null };
}

/** @param {Context} context @returns {boolean} whether a worker that was seen running is in place */
export function workerReady(context) {
  return sameStamp(readStamp(context.root, 'worker'), wantedStamp(context));
}

/**
 * Puts a mediasoup worker in place. It comes from, in this order: MEDIASOUP_WORKER_BIN, the user's cache,
 * the download of mediasoup's authors, a build from the package's own sources. Each is started once
 * before it is accepted.
 *
 * @param {Context} context
 */
export async function ensureWorker(context) {
  if (workerReady(context)) return;
  const { root, cache, env, progress } = context;
  if (env['MEDIASOUP_WORKER_BIN']) {
    await checkGiven(env['MEDIASOUP_WORKER_BIN']);
    progress.note(`mediasoup worker: ${env['MEDIASOUP_WORKER_BIN']} (MEDIASOUP_WORKER_BIN)`);
  } else {
    const version = mediasoupVersion(root);
    const key = machineWorkerKey(version);
    const lock = { folder: join(cache, 'locks'), name: `worker-${key}`, onWait: announceWait(progress) };
    const worker = await withLock(lock, () => obtain({ ...context, version, key }));
    installWorker(worker.file, target(root));
    progress.note(`mediasoup worker ${version}: ${worker.origin}`);
  }
  writeStamp(root, 'worker', wantedStamp(context));
}

/** @param {import('./progress.mjs').Progress} progress */
const announceWait =
  (progress) =>
  (/** @type {import('./lock.mjs').Holder} */ { pid, host }) =>
    progress.step(`waiting for another set-up that gets the mediasoup worker (process ${pid} on ${host})`)
      .stop;

/** @param {string} file */
async function checkGiven(file) {
  const why = await whyUnusable(file);
  if (why === undefined) return;
  throw new Failure({
    what: 'the mediasoup worker that MEDIASOUP_WORKER_BIN names cannot be used',
    why: `${why}.`,
    fix: [
      'name a working one, or let Portico get one by itself:',
      '  unset MEDIASOUP_WORKER_BIN && npm start',
    ],
  });
}

/**
 * @typedef {{ version: string, key: string }} Wanted
 * @typedef {{ file: string, origin: string }} Worker
 */

/** @param {Context & Wanted} wanted @returns {Promise<Worker>} */
async function obtain(wanted) {
  const cached = await fromCache(wanted);
  if (cached) return cached;
  const temporary = await temporaryDir(wanted.cache, 'worker');
  try {
    const { file, origin } = await fromElsewhere(wanted, temporary.path);
    return {
      file: keepWorker(wanted.cache, wanted.key, { file, origin, temporary: temporary.path }),
      origin,
    };
  } finally {
    temporary.remove();
  }
}

/** @param {Context & Wanted} wanted @returns {Promise<Worker | undefined>} */
async function fromCache({ cache, key, progress }) {
  const cached = cachedWorker(cache, key);
  if (!cached) return undefined;
  const why = await whyUnusable(cached.file);
  if (why === undefined) return { file: cached.file, origin: `${cached.origin}, from the cache` };
  progress.note(`the cached mediasoup worker is broken and will be replaced: ${why}`);
  dropCachedWorker(cache, key);
  return undefined;
}

/** @param {Context & Wanted} wanted @param {string} folder @returns {Promise<Worker>} */
async function fromElsewhere(wanted, folder) {
  const prebuilt = await fromDownload(wanted, folder);
  if ('file' in prebuilt) return prebuilt;
  wanted.progress.note(`no prebuilt mediasoup worker: ${prebuilt.why}`);
  const { workerFromSource } = await import('./worker/from-source.mjs');
  return workerFromSource(wanted, { folder, packageDir: packageDir(wanted.root), noPrebuilt: prebuilt.why });
}

/** @param {Context & Wanted} wanted @param {string} folder @returns {Promise<Worker | { why: string }>} */
async function fromDownload({ env, version, progress }, folder) {
  if (env['MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD']) {
    return { why: 'MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD is set' };
  }
  const { downloadWorker, prebuiltUrl } = await import('./worker/prebuilt.mjs');
  const step = progress.step(`looking for a prebuilt mediasoup worker ${version}`);
  try {
    const url = prebuiltUrl({ version, env });
    const onBytes = (/** @type {number} */ count) => step.update(`${(count / 1e6).toFixed(1)} MB`);
    const file = await downloadWorker({ url, folder, onBytes });
    const why = await whyUnusable(file);
    return why === undefined ? { file, origin: `downloaded from ${new URL(url).host}` } : { why };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  } finally {
    step.stop();
  }
}
