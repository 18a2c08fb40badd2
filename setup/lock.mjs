// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onInterrupt } from './interrupts.mjs';

const BEAT_MS = 5_000;
const POLL_MS = 250;
/** A holder that has not touched its lock for so long is gone (killed, or its machine is). */
const STALE_MS = 30_000;

/**
 * @typedef {{ host: string, pid: number, token: string }} Holder
 */

/**
 * Runs `work` while no other process of this user's cache folder holds the same lock. A guard against
 * doing long work twice, not of correctness: what is made is renamed into place in one step anyway.
 *
 * @template T
 * @param {{ folder: string, name: string, onWait?: (holder: Holder) => () => void }} lock
 *   `onWait`: called once when another process holds it; what it returns, when the wait is over
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock({ folder, name, onWait }, work) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.lock`);
  /** @type {Holder} */
  const self = { host: hostname(), pid: process.pid, token: `${process.pid}.${Math.random()}` };
  /** @type {(() => void) | undefined} */
  let waited;
  while (!take(file, self)) {
    if (discardStale(file, self.host)) continue;
    const holder = readHolder(file);
    if (holder) waited ??= onWait?.(holder);
    await delay(POLL_MS);
  }
  waited?.();
  const release = () => {
    if (readHolder(file)?.token === self.token) rmSync(file, { force: true });
  };
  const off = onInterrupt(release);
  const beat = setInterval(() => touch(file), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    off();
    release();
  }
}

/**
 * @param {string} file
 * @param {Holder} self
 * @returns {boolean} whether the lock is ours now
 */
function take(file, self) {
  try {
    writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  return false;
}

/**
 * @param {Holder | undefined} holder
 * @param {number} ageMs since the holder last touched its lock
 * @param {{ host: string, alive: (pid: number) => boolean }} here
 */
export function isStale(holder, ageMs, { host, alive }) {
  if (ageMs > STALE_MS) return true;
  return holder !== undefined && holder.host === host && !alive(holder.pid);
}

/**
 * @param {string} file
 * @param {string} host
 * @returns {boolean} whether the lock is worth another try at once
 */
function discardStale(file, host) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return true;
  if (!isStale(readHolder(file), Date.now() - stat.mtimeMs, { host, alive })) return false;
  // Two may see the same stale lock: renaming lets one of them remove it.
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  return true;
}

/** @param {string} file @returns {Holder | undefined} */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Taken over as stale after this process was suspended; the work's own renames stay safe.
  }
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
