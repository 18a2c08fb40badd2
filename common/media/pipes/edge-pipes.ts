import type { Input } from '../../contract/rpc.ts';
import type { PipeContract } from '../../contract/pipes.ts';
import type { Origin } from '../../contract/origin.ts';
import type { RouterId } from '../../contract/ids.ts';
import type { RoomRouter } from '../room-router.ts';
import { EdgePipe, type EdgePipeParts } from './edge-pipe.ts';
import type { SourceLease } from './source.ts';

const keyOf = (origin: RouterId, edge: RouterId) => `${origin}>${edge}`;

/** Pipes from routers of other agents to routers of this one: at most one for each pair. */
export class EdgePipes {
  readonly #parts: EdgePipeParts;
  readonly #pipes = new Map<string, EdgePipe>();

  constructor(parts: EdgePipeParts) {
    this.#parts = parts;
  }

  /** @throws PorticoError `track_not_found`, `unavailable`, `timeout`, `worker_lost` */
  async acquire(origin: Origin, edge: RoomRouter): Promise<SourceLease> {
    const key = keyOf(origin.router, edge.id);
    let pipe = this.#pipes.get(key);
    if (pipe === undefined) {
      const made = new EdgePipe(this.#parts, origin, edge);
      made.once('closed', () => {
        if (this.#pipes.get(key) === made) this.#pipes.delete(key);
      });
      this.#pipes.set(key, made);
      pipe = made;
    }
    return await pipe.acquire(origin.producer);
  }

  /** The origin says that a producer was paused, resumed or closed. */
  async status({ origin, edge, producer, status }: Input<PipeContract, 'pipe.producer'>): Promise<void> {
    await this.#pipes.get(keyOf(origin, edge.router))?.status(producer, status);
  }

  /** The origin says that its end is gone. */
  closed({ origin, edge }: Input<PipeContract, 'pipe.close'>): void {
    this.#pipes.get(keyOf(origin, edge.router))?.close('source_interrupted', false);
  }
}
