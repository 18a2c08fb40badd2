import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { WorkerPool } from '../common/media/worker-pool.ts';

/** How long a worker that is being replaced is waited for, ms. */
const workerWaitMs = 3_000;

/** Something that was given a worker. */
export interface Placed {
  readonly room: RoomId;
  readonly worker: MediaWorker;
}

/** Says which worker carries what: what belongs to a room comes together, because its streams come there once. */
export class Placement {
  readonly #workers: WorkerPool;
  readonly #placed = new Set<Placed>();

  constructor(workers: WorkerPool) {
    this.#workers = workers;
  }

  /** Waits for a worker that is being replaced. @throws PorticoError `resource_exhausted` */
  async ready(): Promise<void> {
    await this.#workers.available(workerWaitMs);
  }

  /** Until it is given back with `leave`. @throws PorticoError `resource_exhausted` when no worker runs */
  place(room: RoomId): Placed {
    const placed = [...this.#placed];
    const count = (worker: MediaWorker) => placed.filter((one) => one.worker === worker).length;
    const there = placed.find((one) => one.room === room)?.worker;
    const workers = this.#workers.workers.toSorted((a, b) => count(a) - count(b) || a.index - b.index);
    const worker = workers.find((candidate) => candidate === there) ?? workers[0];
    if (worker === undefined) throw new PorticoError('resource_exhausted', 'no media worker runs right now');
    const place = { room, worker };
    this.#placed.add(place);
    return place;
  }

  leave(place: Placed): void {
    this.#placed.delete(place);
  }
}
