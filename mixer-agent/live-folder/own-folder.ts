import { lstat, mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'portico-live-';
interface FolderLog {
  info(facts: Record<string, unknown>, message: string): void;
  warn(facts: Record<string, unknown>, message: string): void;
}

/** A living process shows it so often that its folder is in use. */
const signMs = 30_000;
/** Nobody is there any more after so long without. */
const deadMs = 10 * 60_000;

/**
 * A folder that belongs to one process among others of its kind, in a folder that they may share. What processes that
 * were killed left behind is removed by those that come later.
 */
export class OwnFolder {
  readonly path: string;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param parent where it is made; empty: where the system has its temporary files
   * @throws Error of the file system
   */
  static async create(parent: string, log: FolderLog): Promise<OwnFolder> {
    const place = parent === '' ? tmpdir() : parent;
    await mkdir(place, { recursive: true });
    await removeDead(place, log);
    return new OwnFolder(await mkdtemp(join(place, prefix)), log);
  }

  private constructor(path: string, log: FolderLog) {
    this.path = path;
    this.#timer = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch((error: unknown) => {
        log.warn({ err: error, path }, 'folder of live streams cannot be reached');
      });
    }, signMs);
    this.#timer.unref();
  }

  /** Removes it with all that is in it. */
  async remove(): Promise<void> {
    clearInterval(this.#timer);
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function removeDead(place: string, log: FolderLog): Promise<void> {
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const path = join(place, name);
    try {
      const facts = await lstat(path);
      if (!facts.isDirectory() || Date.now() - facts.mtimeMs < deadMs) continue;
      await rm(path, { recursive: true, force: true });
      log.info({ path }, 'removed live streams of a process that is gone');
    } catch {
      // It belongs to somebody else, or another process was faster.
    }
  }
}
