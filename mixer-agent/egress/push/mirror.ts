import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backoff, pause } from '../../../common/lifecycle/wait.ts';
import { readComplete } from '../../live-folder/manifest.ts';
import { forbidsFor } from '../../streaming/checked-lookup.ts';
import type { LiveTarget } from './arguments.ts';
import { Uploader } from './upload.ts';

export interface MirrorOptions {
  /** Of the list that FFmpeg writes; all files in its folder belong to it. */
  path: string;
  target: Pick<LiveTarget, 'destination' | 'guarded' | 'method' | 'segments' | 'retry'>;
  /** The list is there, in its latest form. */
  onDelivered: () => void;
  /** A file could not be brought there; it is tried again. */
  onRefused: (reason: string) => void;
}

const lookMs = 100;
/** How long what is left may take at the end, ms. */
const lastMs = 2_000;
/** Segments that wait for the far end; older ones are left out. */
const mostWaiting = 10;

/**
 * Brings a folder that FFmpeg fills with HLS or DASH to a web server: segments first, then the list that names them. FFmpeg
 * itself would not notice that the server refuses them.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #uploader: Uploader;
  readonly #there = new Set<string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #listAt = 0;
  #bytes = 0;
  #leftOut = 0;
  #failures = 0;
  #until = Infinity;

  constructor(options: MirrorOptions) {
    const { destination, method, guarded, retry } = options.target;
    this.#options = options;
    this.#uploader = new Uploader({
      destination,
      method,
      idleMs: retry.connectMs,
      forbids: forbidsFor(guarded),
    });
    this.#running = this.#run();
  }

  /** Bytes that arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Segments that were left out because the far end was away for too long. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Brings there what is left, if that is possible soon. To be called when nothing more is written. */
  async close(): Promise<void> {
    this.#until = performance.now() + lastMs;
    this.#stop.abort();
    const limit = setTimeout(() => {
      this.#uploader.close();
    }, lastMs);
    await this.#running;
    clearTimeout(limit);
    this.#uploader.close();
  }

  get #isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const refused = await this.#look();
      await pause(refused ? backoff(this.#failures, this.#options.target.retry) : lookMs, this.#stop.signal);
    }
    await this.#look();
  }

  /** @returns whether something was refused */
  async #look(): Promise<boolean> {
    const { path } = this.#options;
    const listAt = await changedAt(path);
    if (listAt === undefined || listAt === this.#listAt) return false;
    const list = await readComplete(path);
    if (list === undefined) return false;
    const reason = (await this.#bringSegments(listAt)) ?? (await this.#bring(list));
    if (reason !== undefined) {
      this.#failures += 1;
      this.#options.onRefused(reason);
      return true;
    }
    this.#failures = 0;
    this.#listAt = listAt;
    this.#options.onDelivered();
    return false;
  }

  /** Files that were complete when the list was written. */
  async #bringSegments(listAt: number): Promise<string | undefined> {
    const folder = dirname(this.#options.path);
    const names = (await readdir(folder)).filter((name) => /^[^.].*\.(ts|m4s|mp4|webm)$/.test(name));
    await this.#forget(names);
    const waiting: { name: string; at: number }[] = [];
    for (const name of names) {
      const at = this.#there.has(name) ? undefined : await changedAt(join(folder, name));
      if (at !== undefined && at <= listAt) waiting.push({ name, at });
    }
    waiting.sort((one, other) => one.at - other.at);
    for (const { name } of this.#bounded(waiting)) {
      const body = await readFile(join(folder, name)).catch(() => undefined);
      const reason = body && (await this.#bring(body, name));
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #bounded(waiting: readonly { name: string }[]): readonly { name: string }[] {
    const segments = waiting.filter(({ name }) => !name.startsWith('init-'));
    const tooOld = new Set(segments.slice(0, Math.max(0, segments.length - mostWaiting)));
    for (const { name } of tooOld) this.#there.add(name);
    this.#leftOut += tooOld.size;
    return waiting.filter((one) => !tooOld.has(one));
  }

  async #bring(body: Buffer, name?: string): Promise<string | undefined> {
    if (performance.now() > this.#until) return 'the time is up';
    const reason = await this.#uploader.put(body, name);
    if (reason !== undefined) return reason;
    this.#bytes += body.length;
    if (name !== undefined) this.#there.add(name);
    // With all segments in the list FFmpeg removes none.
    if (name !== undefined && this.#options.target.segments === 0 && !name.startsWith('init-')) {
      await rm(join(dirname(this.#options.path), name), { force: true });
    }
    return undefined;
  }

  /** FFmpeg has removed files: so do we. */
  async #forget(names: readonly string[]): Promise<void> {
    if (this.#options.target.segments === 0) return;
    const gone = [...this.#there].filter((name) => !names.includes(name));
    for (const name of gone) {
      this.#there.delete(name);
      await this.#uploader.remove(name);
    }
  }
}

async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}
