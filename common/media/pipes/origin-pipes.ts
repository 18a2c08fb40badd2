import type { PipeContract } from '../../contract/pipes.ts';
import { PorticoError } from '../../contract/errors.ts';
import type { MemberId, RouterId } from '../../contract/ids.ts';
import type { Input, Output } from '../../contract/rpc.ts';
import { SerialQueue } from '../../lifecycle/serial-queue.ts';
import type { RoomRouters } from '../room-routers.ts';
import { OriginPipe, type OriginPipeParts } from './origin-pipe.ts';

interface Slot {
  /** Orders opening, replacing and closing. */
  readonly queue: SerialQueue;
  pipe?: OriginPipe | undefined;
}

interface PipeParams {
  origin: RouterId;
  edge: { agent: MemberId; router: RouterId };
}

/** Pipes from routers of this agent to routers of others; the others drive them. */
export class OriginPipes {
  readonly #parts: OriginPipeParts;
  readonly #routers: RoomRouters;
  readonly #slots = new Map<string, Slot>();

  constructor(parts: OriginPipeParts, routers: RoomRouters) {
    this.#parts = parts;
    this.#routers = routers;
  }

  /** @throws PorticoError `track_not_found` when the router is gone, `worker_lost` */
  async open(params: Input<PipeContract, 'pipe.open'>): Promise<Output<PipeContract, 'pipe.open'>> {
    return await this.#ordered(params, async (slot, key) => {
      const router = this.#routers.get(params.origin);
      if (router === undefined || router.room !== params.room) {
        throw new PorticoError('track_not_found', `router '${params.origin}' is not here`);
      }
      if (slot.pipe?.leadsTo(params.end) === true) return { end: slot.pipe.end };
      // Another end: the pipe was lost there and is made anew.
      slot.pipe?.close(false);
      const pipe = await OriginPipe.create(this.#parts, router, params);
      slot.pipe = pipe;
      pipe.once('closed', () => {
        if (slot.pipe === pipe) slot.pipe = undefined;
        this.#sweep(key, slot);
      });
      return { end: pipe.end };
    });
  }

  /** @throws PorticoError `track_not_found`, `worker_lost` */
  async consume(params: Input<PipeContract, 'pipe.consume'>): Promise<Output<PipeContract, 'pipe.consume'>> {
    return await this.#ordered(params, async ({ pipe }) => {
      if (pipe === undefined) {
        throw new PorticoError('track_not_found', `no pipe leads to router '${params.edge.router}'`);
      }
      return await pipe.consume(params.producer);
    });
  }

  async unconsume(params: Input<PipeContract, 'pipe.unconsume'>): Promise<void> {
    await this.#ordered(params, ({ pipe }) => {
      pipe?.unconsume(params.producer);
    });
  }

  async layers(params: Input<PipeContract, 'pipe.layers'>): Promise<void> {
    await this.#ordered(params, ({ pipe }) => {
      pipe?.layers(params);
    });
  }

  /** The edge closed its end. */
  async closed(params: Input<PipeContract, 'pipe.close'>): Promise<void> {
    await this.#ordered(params, ({ pipe }) => {
      pipe?.close(false);
    });
  }

  async #ordered<T>(
    { origin, edge }: PipeParams,
    task: (slot: Slot, key: string) => T | Promise<T>,
  ): Promise<T> {
    const key = `${origin}>${edge.agent}/${edge.router}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { queue: new SerialQueue() };
      this.#slots.set(key, slot);
    }
    const used = slot;
    try {
      return await used.queue.run(() => task(used, key));
    } finally {
      this.#sweep(key, used);
    }
  }

  #sweep(key: string, slot: Slot): void {
    if (slot.pipe === undefined && slot.queue.length === 0) this.#slots.delete(key);
  }
}
