import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { failed, ok, sentence, warning, type Finding } from './finding.ts';

const run = promisify(execFile);
const gigabyte = 2 ** 30;

/** Folder for keys, the SQLite file and later recordings. */
export async function checkDataFolder(folder: string): Promise<Finding[]> {
  const name = 'data folder';
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    const fix = 'Give this user a folder to write to:  --set data_dir=/path';
    return [failed(name, `${folder} cannot be written to: ${sentence(error)}`, fix)];
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const says = `${(free / gigabyte).toFixed(1)} GB free in ${folder}`;
  const fix = 'Make room, or choose a folder on another disk:  --set data_dir=/path';
  return [
    ok(name, folder),
    free < gigabyte / 10
      ? failed('disk', says, fix)
      : free < 2 * gigabyte
        ? warning('disk', says, fix)
        : ok('disk', says),
  ];
}

/** Tokens and tickets live for minutes: a clock that is wrong by as much refuses everybody. */
export async function checkClock(): Promise<Finding> {
  const name = 'clock';
  const now = new Date().toISOString().slice(0, 19);
  const fix = 'Switch time synchronisation on:  timedatectl set-ntp true   (or run chrony)';
  try {
    const { stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
      timeout: 5_000,
    });
    if (stdout.trim() === 'yes') return ok(name, `${now} UTC, synchronised`);
    return warning(name, `${now} UTC, not synchronised: tokens of other machines may seem expired`, fix);
  } catch {
    return ok(name, `${now} UTC; whether it is synchronised cannot be told here`);
  }
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return ok('Node', version);
  return failed('Node', `${version} is too old`, 'Node 22.18 or newer is needed; npm start brings one.');
}
