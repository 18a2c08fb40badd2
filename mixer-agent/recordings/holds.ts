import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** File in each work folder whose time says that somebody still works on it. */
const aliveName = '.alive';
const probeName = '.clock';
/** Of a work folder that was taken over: what it was called, and by whom. */
const takenMark = '~';

export interface HoldsOptions {
  /** Folder of all work folders. */
  folder: string;
  /** How often whoever holds a work folder says so, ms. */
  beatMs: number;
}

/** So many beats without a word mean that nobody holds it any more: an agent may be busy for a while. */
const missedBeats = 3;

/**
 * Who works in which work folder. Agents on several machines may share them, so there are neither process ids nor locks of
 * the system: whoever works in a folder touches a file in it again and again. Times are compared on the clock of the file
 * system alone.
 */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #held = new Set<string>();
  readonly #token = randomUUID().slice(0, 8);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** How long nobody says that he works in a folder until it counts as abandoned, ms. */
  get patienceMs(): number {
    return missedBeats * this.#options.beatMs;
  }

  get held(): readonly string[] {
    return [...this.#held];
  }

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), this.#options.beatMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async hold(folder: string): Promise<void> {
    await writeFile(join(folder, aliveName), '.');
    this.#held.add(folder);
  }

  release(folder: string): void {
    this.#held.delete(folder);
  }

  /** Work folders of others, and which of them nobody works in any more. */
  async others(): Promise<{ folder: string; name: string; abandoned: boolean }[]> {
    const { folder } = this.#options;
    const now = await this.#now();
    const entries = await readdir(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
    return await Promise.all(
      folders
        .filter((path) => !this.#held.has(path))
        .map(async (path) => {
          const beat = await modified(join(path, aliveName), path);
          return { folder: path, name: nameOf(path), abandoned: now - beat > this.patienceMs };
        }),
    );
  }

  /**
   * Takes over a work folder that was abandoned, under another name: only one of several agents can.
   * @returns where it is now; undefined: another one was faster
   */
  async take(folder: string): Promise<string | undefined> {
    const taken = join(dirname(folder), `${nameOf(folder)}${takenMark}${this.#token}`);
    try {
      await rename(folder, taken);
    } catch {
      return undefined;
    }
    await this.hold(taken);
    return taken;
  }

  /** Time of the file system, which may be on another machine. */
  async #now(): Promise<number> {
    const probe = join(this.#options.folder, `${probeName}-${this.#token}`);
    await writeFile(probe, '.');
    const { mtimeMs } = await stat(probe);
    await rm(probe, { force: true });
    return mtimeMs;
  }

  async #beat(): Promise<void> {
    // Written, not set: then the time is that of the file system. Never made anew: the folder may be about to go.
    await Promise.all(
      [...this.#held].map((folder) =>
        writeFile(join(folder, aliveName), '.', { flag: 'r+' }).catch(() => undefined),
      ),
    );
  }
}

/** The name of a work folder, whoever has it. */
export const nameOf = (folder: string): string => basename(folder).split(takenMark)[0] ?? '';

async function modified(...paths: readonly string[]): Promise<number> {
  for (const path of paths) {
    try {
      return (await stat(path)).mtimeMs;
    } catch {
      // The next one says it less well.
    }
  }
  // It is gone: nothing is left to be taken over.
  return Infinity;
}
