// @ts-check
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Stamps remember what a step of the set-up found or made, so that a later start only compares.
 * They live inside `node_modules`: a fresh install of the packages makes every step look again.
 *
 * @param {string} root of the checkout
 * @param {string} name of the step
 */
const stampFile = (root, name) => join(root, 'node_modules', '.portico', `${name}.json`);

/**
 * @param {string} root
 * @param {string} name
 * @returns {unknown} `undefined` when there is none or it cannot be read
 */
export function readStamp(root, name) {
  try {
    return JSON.parse(readFileSync(stampFile(root, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} root
 * @param {string} name
 * @param {unknown} value plain JSON
 */
export function writeStamp(root, name, value) {
  const file = stampFile(root, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(value));
  renameSync(`${file}.${process.pid}`, file);
}

/**
 * @param {unknown} found  what a stamp says
 * @param {unknown} wanted what it has to say
 * @returns {boolean} the order of keys does not matter
 */
export function sameStamp(found, wanted) {
  return found !== undefined && canonical(found) === canonical(wanted);
}

/** @param {unknown} value */
function canonical(value) {
  return JSON.stringify(value, (_key, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Identifies a file's content without reading it.
 *
 * @param {string | undefined} path
 * @returns {{ path: string, size: number, mtimeMs: number } | undefined} `undefined` when it is no readable file
 */
export function fingerprint(path) {
  if (path === undefined) return undefined;
  try {
    const stat = statSync(path);
    return stat.isFile() ? { path, size: stat.size, mtimeMs: stat.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} root   names in the hash are relative to it, so that a moved checkout hashes alike
 * @param {string[]} entries files and folders, absolute; a missing one counts as empty
 * @param {(name: string) => boolean} [skip] leaves out files and folders by their own name
 * @returns {string} hash of the names and contents of all files, hexadecimal
 */
export function hashFiles(root, entries, skip = () => false) {
  const hash = createHash('sha256');
  for (const file of entries.flatMap((entry) => listFiles(entry, skip)).sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} entry
 * @param {(name: string) => boolean} skip
 * @returns {string[]}
 */
function listFiles(entry, skip) {
  const stat = statSync(entry, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) return [entry];
  return readdirSync(entry)
    .filter((name) => !skip(name))
    .flatMap((name) => listFiles(join(entry, name), skip));
}
