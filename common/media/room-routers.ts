import { PorticoError } from '../contract/errors.ts';
import type { RoomId, RouterId } from '../contract/ids.ts';
import type { MediaMetrics } from './media-metrics.ts';
import type { MediaWorker } from './media-worker.ts';
import { RoomRouter } from './room-router.ts';

/** Keeps a router open. */
export interface RouterHold {
  readonly router: RoomRouter;
  /** Ends the hold; the router closes with its last one. Calling it twice is harmless. */
  release(): void;
}

interface Entry {
  opening: Promise<RoomRouter>;
  holds: number;
}

/** Routers of this process: one per room and worker, made when first needed and closed when nobody holds it. */
export class RoomRouters {
  readonly #metrics: MediaMetrics;
  readonly #entries = new Map<string, Entry>();
  readonly #byId = new Map<RouterId, RoomRouter>();

  constructor(metrics: MediaMetrics) {
    this.#metrics = metrics;
  }

  /** A router that is open. */
  get(id: RouterId): RoomRouter | undefined {
    return this.#byId.get(id);
  }

  /** @throws PorticoError `worker_lost` */
  async acquire(room: RoomId, worker: MediaWorker): Promise<RouterHold> {
    const key = `${worker.pid}/${room}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { opening: this.#open(room, worker), holds: 0 };
      this.#entries.set(key, entry);
    }
    entry.holds += 1;
    const held = entry;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#release(key, held);
    };
    try {
      const router = await held.opening;
      if (router.closed) throw new PorticoError('worker_lost', 'the media worker of the room was lost');
      return { router, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #open(room: RoomId, worker: MediaWorker): Promise<RoomRouter> {
    const router = await RoomRouter.create(room, worker);
    this.#byId.set(router.id, router);
    this.#metrics.routers.inc();
    const gone = () => {
      this.#byId.delete(router.id);
      this.#metrics.routers.dec();
    };
    if (router.closed) gone();
    else router.once('closed', gone);
    return router;
  }

  #release(key: string, entry: Entry): void {
    entry.holds -= 1;
    if (entry.holds > 0) return;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.opening.then(
      (router) => {
        router.close();
      },
      () => undefined, // It never opened: whoever waited for it knows.
    );
  }
}
