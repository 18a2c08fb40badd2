// @ts-check
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export const WORKER_NAME = 'mediasoup-worker';

/**
 * Workers kept for other checkouts and after a fresh install of the packages: one folder per key, with
 * the binary and a note of where it came from.
 *
 * @param {string} cache
 * @param {string} key
 */
const folderOf = (cache, key) => join(cache, 'mediasoup-worker', key);

/**
 * @param {string} cache
 * @param {string} key
 * @returns {{ file: string, origin: string } | undefined}
 */
export function cachedWorker(cache, key) {
  const folder = folderOf(cache, key);
  const file = join(folder, WORKER_NAME);
  if (!existsSync(file)) return undefined;
  return { file, origin: readOrigin(folder) };
}

/** @param {string} folder */
function readOrigin(folder) {
  try {
    return readFileSync(join(folder, 'origin.txt'), 'utf8').trim();
  } catch {
    return 'of unknown origin';
  }
}

/**
 * @param {string} cache
 * @param {string} key
 * @param {{ file: string, origin: string, temporary: string }} worker `temporary`: folder on the same file system
 * @returns {string} where the worker is now
 */
export function keepWorker(cache, key, { file, origin, temporary }) {
  const folder = folderOf(cache, key);
  const fresh = join(temporary, 'keep');
  mkdirSync(fresh, { recursive: true });
  copyFileSync(file, join(fresh, WORKER_NAME));
  chmodSync(join(fresh, WORKER_NAME), 0o755);
  writeFileSync(join(fresh, 'origin.txt'), `${origin}\n`);
  mkdirSync(dirname(folder), { recursive: true });
  dropCachedWorker(cache, key);
  renameSync(fresh, folder);
  return join(folder, WORKER_NAME);
}

/** @param {string} cache @param {string} key */
export function dropCachedWorker(cache, key) {
  rmSync(folderOf(cache, key), { recursive: true, force: true });
}

/**
 * Copies a worker to where mediasoup looks. The rename leaves a running worker its old file.
 *
 * @param {string} from
 * @param {string} to
 */
export function installWorker(from, to) {
  const fresh = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, fresh);
  chmodSync(fresh, 0o755);
  renameSync(fresh, to);
}
