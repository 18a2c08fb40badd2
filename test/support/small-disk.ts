import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { EgressEndReason, FinishedRecording } from '../../common/contract/mixing.ts';
import type { z } from 'zod';

const run = promisify(execFile);
const finisher = new URL('finish-recording.ts', import.meta.url).pathname;

/**
 * A folder in which little can be written. A file system of its own where that is allowed; everywhere else, or on request, the
 * system lets no file of its processes grow beyond the size (RLIMIT_FSIZE).
 */
export class SmallDisk {
  readonly folder: string;
  /** Largest file, bytes; undefined: the disk itself is small. */
  readonly #limit: number | undefined;

  static async create(
    folder: string,
    { bytes, mount }: { bytes: number; mount: boolean },
  ): Promise<SmallDisk> {
    await mkdir(folder);
    return new SmallDisk(folder, mount && (await mounted(folder, bytes)) ? undefined : bytes);
  }

  private constructor(folder: string, limit: number | undefined) {
    this.folder = folder;
    this.#limit = limit;
  }

  /** A process that runs is one of those that find no space. */
  async confine(pid: number): Promise<void> {
    if (this.#limit !== undefined) await run('prlimit', [`--fsize=${this.#limit}`, '--pid', String(pid)]);
  }

  /** Has a recording finished by such a process. @param spare bytes that were freed since it was recorded */
  async finish(
    work: string,
    reason: z.infer<typeof EgressEndReason>,
    spare: number,
  ): Promise<FinishedRecording> {
    const command = [process.execPath, finisher, this.folder, work, reason];
    const limits = this.#limit === undefined ? [] : [`--fsize=${spare}`];
    const { stdout } = await run('prlimit', [...limits, ...command]);
    return JSON.parse(stdout) as FinishedRecording;
  }

  async close(): Promise<void> {
    if (this.#limit === undefined) await run('umount', ['-l', this.folder]);
  }
}

async function mounted(folder: string, bytes: number): Promise<boolean> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
    return true;
  } catch {
    return false;
  }
}
