// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './npm.mjs';
import { readStamp, sameStamp, writeStamp } from './stamp.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, peer?: boolean, devOptional?: boolean }} LockEntry
 * @typedef {{ packages?: Record<string, LockEntry> }} Lockfile
 */

/** @param {string} root */
const wantedStamp = (root) => ({
  lock: createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex'),
});

/** @param {string} root @returns {boolean} whether exactly the locked packages are installed */
export function packagesReady(root) {
  return sameStamp(readStamp(root, 'packages'), wantedStamp(root));
}

/**
 * Installs the locked packages, their scripts off, when `node_modules` is missing or of another lockfile.
 *
 * `npm install` keeps to the lockfile as `npm ci` does. `npm ci` would remove everything first, also what
 * a running server still reads, and it refuses to work with a registry mirror that lacks the optional
 * binaries of some foreign platform.
 *
 * @param {{ root: string, node: string, env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress }} context
 */
export async function ensurePackages({ root, node, env, progress }) {
  if (packagesReady(root)) return;
  const locked = readLock(join(root, 'package-lock.json'));
  if (!isInstalled(locked, readLock(join(root, 'node_modules', '.package-lock.json')))) {
    const step = progress.step('installing the packages (npm)');
    try {
      await npm({
        args: ['install', '--no-save', '--ignore-scripts', '--prefer-offline'],
        cwd: root,
        env,
        node,
        what: 'the packages could not be installed',
        retry: 'npm start',
        onProgress: step.update,
      });
      step.done('packages installed');
    } finally {
      step.stop();
    }
  }
  writeStamp(root, 'packages', wantedStamp(root));
}

/**
 * @param {Lockfile | undefined} wanted the committed lockfile
 * @param {Lockfile | undefined} found  the one that npm keeps inside `node_modules`
 * @returns {boolean} whether all wanted packages are there in the wanted versions; those for other
 *   platforms may be absent
 */
export function isInstalled(wanted, found) {
  const there = found?.packages;
  if (!wanted?.packages || !there) return false;
  return Object.entries(wanted.packages)
    .filter(([path]) => path !== '')
    .every(([path, entry]) => {
      const installed = there[path];
      if (!installed) return Boolean(entry.optional || entry.devOptional || entry.peer);
      return installed.version === entry.version && installed.integrity === entry.integrity;
    });
}

/** @param {string} file @returns {Lockfile | undefined} */
function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
