import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Config } from '../../common/config/schema.ts';
import type { EgressSpec } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId, RoomId } from '../../common/contract/ids.ts';
import type {
  EgressEndReason,
  FinishedRecording,
  UnfinishedRecording,
} from '../../common/contract/mixing.ts';
import { SerialQueue } from '../../common/lifecycle/serial-queue.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import { spawnHere } from '../ffmpeg/launch/child.ts';
import { Launcher } from '../ffmpeg/launch/launcher.ts';
import type { Ready } from './announcing.ts';
import { Delivery } from './delivery.ts';
import { finishRecording } from './finishing.ts';
import { Holds } from './holds.ts';
import { listRecordings } from './listing.ts';
import { inside, workFolderName, workName } from './places.ts';
import { readSidecar, toFinished } from './sidecar.ts';
import { SpaceWatch } from './space-watch.ts';
import { findUnfinished } from './unfinished.ts';
import { makeJob, makeWorkFolder, readJob, readSpec, removeWorkFolder, type Job } from './work-folder.ts';

type Reason = z.infer<typeof EgressEndReason>;

export interface RecordingsOptions {
  config: Config['recording'];
  /** Of recordings; made when it is not there. */
  folder: string;
  ffmpeg: () => Promise<string>;
  /** Tells whoever wants to know that a recording is ready; resolves with false when this process ends before. */
  announce: (ready: Ready) => Promise<boolean>;
  log: Logger;
  /** How often this agent says that it works in a folder, ms. After three times without, others take it over. */
  beatMs?: number;
  /** How often space is looked at, ms. */
  watchMs?: number;
  /** Pause before a delivery is tried again, ms. */
  retryMs?: number;
}

interface RecordingsEvents {
  /** Recordings of a room (undefined: all) must end, because there is no more space for them. */
  full: [room: RoomId | undefined, reason: 'quota' | 'disk_full'];
  /** Nothing is left to be done for a recording: it was uploaded, told to the user's command and announced. */
  concluded: [Ready];
}

/**
 * The folder of recordings: work folders that processes write into, finished files with their sidecars. What is in it
 * survives any crash: work folders that nobody holds any more are finished by whoever finds them.
 */
export class Recordings extends EventEmitter<RecordingsEvents> {
  readonly #options: RecordingsOptions;
  readonly #work: string;
  readonly #holds: Holds;
  readonly #space: SpaceWatch;
  readonly #delivery: Delivery;
  /** Files are finished one after the other: they come after the calls that still go on. */
  readonly #finishing = new SerialQueue();
  readonly #beatMs: number;
  readonly #concluding = new Set<Promise<void>>();
  /** To start a process takes whoever does so 5 to 30 ms, more on a busy machine: calls would wait for it. */
  #launcher: Launcher | undefined;
  #recovering: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws PorticoError `bad_request` for a configuration that cannot work */
  constructor(options: RecordingsOptions) {
    super();
    const { config, folder, log, beatMs = 5_000, watchMs = 5_000, retryMs } = options;
    this.#options = options;
    this.#beatMs = beatMs;
    this.#work = join(folder, workName);
    this.#holds = new Holds({ folder: this.#work, beatMs });
    this.#space = new SpaceWatch({
      ...{ config, folder, everyMs: watchMs, log },
      onFull: (room, reason) => this.emit('full', room, reason),
    });
    this.#delivery = new Delivery({
      config,
      root: folder,
      log,
      ...(retryMs === undefined ? {} : { retryMs }),
    });
  }

  /**
   * Makes the folder usable, and begins to finish what earlier processes left.
   * @throws PorticoError `unavailable` when it cannot be written to
   */
  async begin(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      await mkdir(this.#work, { recursive: true, mode: 0o750 });
      await this.#holds.others();
    } catch (error) {
      const message = `the folder of recordings '${folder}' cannot be used (${String(error)})`;
      throw new PorticoError('unavailable', message, { field: 'recording.path' }, { cause: error });
    }
    // Without it processes are started from here.
    this.#launcher = await Launcher.create().catch(() => undefined);
    this.#holds.start();
    this.#space.start();
    this.#recover().catch((error: unknown) => {
      log.error({ err: error }, 'recordings of before not looked at');
    });
  }

  /** @throws PorticoError `resource_exhausted` when there is no space for another recording of a room */
  async admit(room: RoomId): Promise<void> {
    await this.#space.admit(room);
  }

  /**
   * A folder for the process of a recording.
   * @throws PorticoError `unavailable` when it cannot be made
   */
  async open(spec: EgressSpec): Promise<{ folder: string }> {
    // Another attempt at the same part has a folder of its own.
    const folder = join(this.#work, `${workFolderName(spec.id, spec.part)}.${randomUUID().slice(0, 8)}`);
    try {
      await makeWorkFolder(folder, spec);
      await this.#holds.hold(folder);
    } catch (error) {
      await removeWorkFolder(folder).catch(() => undefined);
      const message = `the recording cannot be written (${String(error)})`;
      throw new PorticoError('unavailable', message, { field: 'recording.path' }, { cause: error });
    }
    this.#space.add(folder, spec.room);
    return { folder };
  }

  /**
   * Makes the files of a recording whose process is gone. A recording of nothing has none.
   * @throws PorticoError or an error of the system; what was recorded is still there then, and the next start tries again
   */
  async finish(folder: string, reason: Reason): Promise<FinishedRecording> {
    if (this.#options.config.shared) await this.#earlierParts(folder);
    return await this.#finishing.run(() => this.#finish(folder, reason));
  }

  /** Finished recordings, newest first. */
  async list({ room, limit }: { room?: RoomId | undefined; limit: number }): Promise<FinishedRecording[]> {
    return (await listRecordings(this.#options.folder, { room, limit })).map(toFinished);
  }

  /** A recording that has no finished files yet; undefined: it has, or there is nothing of it here. */
  async unfinished(wanted: { room: RoomId; id: EgressId }): Promise<UnfinishedRecording | undefined> {
    return await findUnfinished({ work: this.#work, held: this.#holds.held }, wanted);
  }

  /** Resolves when nothing is left to be done for those that are finished; after `ms` at the latest. */
  async concluded(ms: number): Promise<void> {
    const limit = new AbortController();
    await Promise.race([Promise.all(this.#concluding), pause(ms, limit.signal)]);
    limit.abort();
  }

  /** Deliveries go on after the next start, and so does what is not finished. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#recovering);
    this.#space.stop();
    this.#delivery.close();
    this.#holds.stop();
    // What is being finished still needs it.
    void this.#finishing.run(() => this.#launcher?.close());
  }

  async #finish(folder: string, reason: Reason): Promise<FinishedRecording> {
    const { folder: root, ffmpeg, log, config } = this.#options;
    this.#space.remove(folder);
    const spec = await readSpec(folder);
    if (spec === undefined) {
      throw new PorticoError('internal', `the work folder '${folder}' does not say what was recorded`);
    }
    const others = config.shared ? await this.#otherParts(folder, spec) : [];
    const { first: delivery } = this.#delivery;
    const { shared } = config;
    const workFolders = [folder, ...others];
    const launch = this.#launcher?.start.bind(this.#launcher) ?? spawnHere;
    const made = await finishRecording({
      ...{ root, workFolders, spec, shared, reason, ffmpeg, launch, delivery, log },
    });
    for (const other of others) await this.#drop(other);
    const ready = { id: randomUUID(), at: Date.now(), spec, reason };
    const finished = made === undefined ? nothingOf(ready) : toFinished(made.sidecar);
    const files = finished.files.length;
    log.info({ room: spec.room, egress: spec.id, reason, files }, 'recording finished');
    await this.#conclude(folder, { ready, ...(made === undefined ? {} : { sidecar: made.name }) });
    return finished;
  }

  async #drop(folder: string): Promise<void> {
    await removeWorkFolder(folder);
    this.#holds.release(folder);
  }

  /** Its files are finished: sees to the rest, which may take until after the next start. */
  async #conclude(folder: string, job: Job): Promise<void> {
    await makeJob(folder, job);
    this.#begin(folder, job);
  }

  #begin(folder: string, job: Job): void {
    const { log } = this.#options;
    const concluding = this.#deliver(folder, job)
      .catch((error: unknown) => {
        log.error({ err: error, folder }, 'recording not delivered');
      })
      .finally(() => this.#concluding.delete(concluding));
    this.#concluding.add(concluding);
  }

  async #deliver(folder: string, { sidecar: name, ready }: Job): Promise<void> {
    const { folder: root, announce } = this.#options;
    if (name !== undefined && !(await this.#delivery.deliver(name))) return;
    const sidecar = name === undefined ? undefined : await readSidecar(inside(root, name));
    if (ready === undefined) {
      await this.#drop(folder);
      return;
    }
    const recording = sidecar === undefined ? nothingOf(ready) : toFinished(sidecar);
    const told = { id: ready.id, at: ready.at, spec: ready.spec, recording };
    if (!(await announce(told))) return;
    await this.#drop(folder);
    this.emit('concluded', told);
  }

  /**
   * An agent may have died with an earlier part so recently that nobody can know it yet: waits until that is clear, so that the
   * parts become one.
   */
  async #earlierParts(folder: string): Promise<void> {
    const mine = await readSpec(folder);
    if (mine === undefined || mine.part === 1) return;
    const until = performance.now() + this.#holds.patienceMs + this.#beatMs;
    const isRecent = async ({ folder: other, abandoned }: { folder: string; abandoned: boolean }) => {
      const spec = abandoned ? undefined : await readSpec(other);
      return spec?.id === mine.id && spec.part < mine.part;
    };
    while (!this.#closed && performance.now() < until) {
      const others = await this.#holds.others();
      if (!(await Promise.all(others.map(isRecent))).includes(true)) return;
      await pause(this.#beatMs / 4);
    }
  }

  /** Work folders of other parts of a recording, whose agents are lost. */
  async #otherParts(folder: string, { id }: EgressSpec): Promise<string[]> {
    const taken: string[] = [];
    for (const other of await this.#holds.others()) {
      if (other.folder === folder || !other.abandoned || (await readJob(other.folder)) !== undefined)
        continue;
      if ((await readSpec(other.folder))?.id !== id) continue;
      const mine = await this.#holds.take(other.folder);
      if (mine !== undefined) taken.push(mine);
    }
    return taken;
  }

  /** Takes over what nobody holds any more, now and later on: others may die, too. */
  async #recover(): Promise<void> {
    const others = await this.#holds.others();
    const running = await this.#runningIds(others);
    for (const { folder, abandoned } of others) {
      if (!abandoned || this.#closed) continue;
      const id = (await readSpec(folder))?.id;
      // A later part is being recorded: whoever does that joins them.
      if (this.#options.config.shared && id !== undefined && running.has(id)) continue;
      const mine = await this.#holds.take(folder);
      if (mine !== undefined) await this.#recoverOne(mine);
    }
    if (this.#closed) return;
    this.#recovering = setTimeout(() => {
      this.#recover().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'recordings of before not looked at');
      });
    }, this.#beatMs);
    this.#recovering.unref();
  }

  async #runningIds(others: readonly { folder: string; abandoned: boolean }[]): Promise<Set<string>> {
    const folders = [
      ...this.#holds.held,
      ...others.filter(({ abandoned }) => !abandoned).map(({ folder }) => folder),
    ];
    const specs = await Promise.all(folders.map((folder) => readSpec(folder)));
    return new Set(specs.map((spec) => spec?.id).filter((id) => id !== undefined));
  }

  async #recoverOne(folder: string): Promise<void> {
    const { log } = this.#options;
    const job = await readJob(folder);
    if (job !== undefined) {
      this.#begin(folder, job);
      return;
    }
    try {
      const finished = await this.finish(folder, 'crashed');
      log.warn(
        { room: finished.room, egress: finished.id, files: finished.files.length },
        'recording recovered',
      );
    } catch (error) {
      // It stays held, so that it is not tried without end; the next start tries again.
      log.error({ err: error, folder }, 'recording not recovered');
    }
  }
}

/** A recording into which nothing came. */
const nothingOf = ({ at, spec: { id, room }, reason }: NonNullable<Job['ready']>): FinishedRecording => ({
  ...{ id, room, reason, startedAt: at, endedAt: at },
  ...{ durationMs: 0, bytes: 0, files: [] },
});
