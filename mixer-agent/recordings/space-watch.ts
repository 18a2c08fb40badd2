import { join } from 'node:path';
import type { Config } from '../../common/config/schema.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { Logger } from '../../common/observe/log.ts';
import { freeBytes, megabyte, usedBytes } from './space.ts';

export interface SpaceWatchOptions {
  config: Pick<Config['recording'], 'min_free_mb' | 'room_quota_mb'>;
  /** Of recordings. */
  folder: string;
  everyMs: number;
  /** Recordings must end; told again and again until they do. */
  onFull: (room: RoomId | undefined, reason: 'quota' | 'disk_full') => void;
  log: Logger;
}

/** Sees that there is space for recordings: before they begin, and while they run. */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions;
  /** Work folders of recordings that run, and their rooms. */
  readonly #running = new Map<string, RoomId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpaceWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { everyMs, log } = this.#options;
    this.#timer = setInterval(() => {
      this.#look().catch((error: unknown) => {
        log.warn({ err: error }, 'space of recordings not looked at');
      });
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  add(folder: string, room: RoomId): void {
    this.#running.set(folder, room);
  }

  remove(folder: string): void {
    this.#running.delete(folder);
  }

  /** @throws PorticoError `resource_exhausted` */
  async admit(room: RoomId): Promise<void> {
    const { config, folder } = this.#options;
    const { min_free_mb: floor, room_quota_mb: quota } = config;
    const free = await freeBytes(folder);
    if (free < floor * megabyte) {
      const there = Math.floor(free / megabyte);
      throw new PorticoError(
        'resource_exhausted',
        `only ${there} MB are free for recordings, and ${floor} MB must stay free (recording.min_free_mb)`,
      );
    }
    if (quota > 0 && (await this.#usedBy(room)) >= quota * megabyte) {
      throw new PorticoError(
        'resource_exhausted',
        `recordings of room '${room}' take all of the ${quota} MB that a room may have (recording.room_quota_mb)`,
      );
    }
  }

  async #look(): Promise<void> {
    if (this.#running.size === 0) return;
    const { config, folder, onFull } = this.#options;
    if ((await freeBytes(folder)) < (config.min_free_mb * megabyte) / 2) onFull(undefined, 'disk_full');
    if (config.room_quota_mb === 0) return;
    for (const room of new Set(this.#running.values())) {
      if ((await this.#usedBy(room)) >= config.room_quota_mb * megabyte) onFull(room, 'quota');
    }
  }

  async #usedBy(room: RoomId): Promise<number> {
    const folders = [...this.#running].filter(([, of]) => of === room).map(([path]) => path);
    const used = await Promise.all(
      [join(this.#options.folder, room), ...folders].map((path) => usedBytes(path)),
    );
    return used.reduce((sum, bytes) => sum + bytes, 0);
  }
}
