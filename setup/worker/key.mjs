// @ts-check
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFiles } from '../stamp.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} text content of /etc/os-release
 * @returns {Record<string, string>}
 */
export function parseOsRelease(text) {
  const pairs = text
    .split('\n')
    .map((line) => /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map((match) => [match[1], (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')]);
  return Object.fromEntries(pairs);
}

/**
 * @param {Record<string, string>} osRelease
 * @returns {string} e.g. `debian-12`: a worker built on one release need not run on the next
 */
export function distribution({ ID, VERSION_ID, VERSION_CODENAME, BUILD_ID }) {
  return [ID || 'linux', VERSION_ID || VERSION_CODENAME || BUILD_ID || 'rolling'].join('-');
}

/**
 * @param {{ version: string, platform: string, arch: string, release: string, recipe: string }} parts
 * @returns {string} usable as a file name
 */
export function workerKey({ version, platform, arch, release, recipe }) {
  return [version, platform, arch, release, recipe.slice(0, 12)].join('_').replace(/[^\w.-]/g, '-');
}

/** @returns {string} hash of everything that decides what a worker built from source is like */
export function recipeHash() {
  return hashFiles(HERE, [join(HERE, 'build'), join(HERE, 'subprojects')]);
}

/**
 * @param {string} version of the mediasoup package
 * @returns {string} key of the worker that this machine needs
 */
export function machineWorkerKey(version) {
  const { platform, arch } = process;
  return workerKey({ version, platform, arch, release: distribution(readOsRelease()), recipe: recipeHash() });
}

/** @returns {Record<string, string>} empty on systems that have none */
export function readOsRelease() {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseOsRelease(readFileSync(file, 'utf8'));
    } catch {
      // The other place.
    }
  }
  return {};
}
