// @ts-check
import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onInterrupt } from './interrupts.mjs';

/** The checkout that this file belongs to. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const LEFTOVER_AGE_MS = 6 * 3600 * 1000;

/**
 * The user's cache folder for things that several checkouts share; a folder of the checkout where
 * there is no writable home (containers).
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string} an absolute path; exists
 */
export function cacheDir(env) {
  const xdg = env['XDG_CACHE_HOME'];
  const base = xdg && isAbsolute(xdg) ? xdg : join(env['HOME'] || homedir(), '.cache');
  for (const folder of [join(base, 'portico'), join(ROOT, '.portico', 'cache')]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // Not writable: the next one.
    }
  }
  return join(base, 'portico');
}

/**
 * A fresh folder below `parent`, so that its content can be renamed into place on the same file
 * system. Removed when the set-up is interrupted; what a killed one left is removed by a later one.
 *
 * @param {string} parent
 * @param {string} label
 * @returns {Promise<{ path: string, remove: () => void }>}
 */
export async function temporaryDir(parent, label) {
  const folder = join(parent, 'tmp');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) removeIfOld(join(folder, name));
  const path = await mkdtemp(join(folder, `${label}-`));
  const remove = () => {
    off();
    rmSync(path, { recursive: true, force: true });
  };
  const off = onInterrupt(remove);
  return { path, remove };
}

/** @param {string} path */
function removeIfOld(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > LEFTOVER_AGE_MS) rmSync(path, { recursive: true, force: true });
  } catch {
    // Somebody else removed it, or may not be touched: no business of this run.
  }
}

/**
 * @param {string} name of a program
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} its path; looks into the administrator's folders too, which an
 *   ordinary user's PATH lacks on Debian although the programs there run
 */
export function findProgram(name, env) {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(isExecutableFile);
}

/** @param {string} path */
function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
