import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';
import { asMediaError } from './media-error.ts';
import type { MediaMetrics } from './media-metrics.ts';
import type { RoomRouter } from './room-router.ts';

interface Entry {
  creating: Promise<types.Producer>;
  users: number;
}

/** A producer brought to another router of this process. */
export interface LocalPipe {
  readonly producer: types.Producer;
  /** Ends the use; the stream stops crossing with its last user. Calling it twice is harmless. */
  release(): void;
}

/** Between routers of this process: each producer crosses to a router once, however many receive it there. */
export class LocalPipes {
  readonly #metrics: MediaMetrics;
  readonly #ports: types.TransportPortRange;
  readonly #entries = new Map<string, Entry>();

  constructor(metrics: MediaMetrics, ports: types.TransportPortRange) {
    this.#metrics = metrics;
    this.#ports = ports;
  }

  /** @throws PorticoError `worker_lost`, `track_not_found` when the producer is closed by now */
  async acquire(producerId: string, origin: RoomRouter, edge: RoomRouter): Promise<LocalPipe> {
    const key = `${edge.id}/${producerId}`;
    const used = this.#entries.get(key) ?? this.#open(key, this.#create(producerId, origin, edge));
    used.users += 1;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#release(key, used);
    };
    try {
      return { producer: await used.creating, release };
    } catch (error) {
      release();
      throw asMediaError(error, 'pipeToRouter');
    }
  }

  #open(key: string, creating: Promise<types.Producer>): Entry {
    const entry: Entry = { creating, users: 0 };
    this.#entries.set(key, entry);
    const forget = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    creating.then((producer) => {
      this.#metrics.pipes.inc({ scope: 'local' });
      const gone = () => {
        this.#metrics.pipes.dec({ scope: 'local' });
        forget();
      };
      if (producer.closed) gone();
      else producer.observer.once('close', gone);
    }, forget);
    return entry;
  }

  async #create(producerId: string, origin: RoomRouter, edge: RoomRouter): Promise<types.Producer> {
    // No deadline here, because two workers take part and only one may hang: its pings find out which, and its end
    // fails what it was asked.
    const { pipeProducer } = await origin.router.pipeToRouter({
      producerId,
      router: edge.router,
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: this.#ports },
      enableSctp: false,
    });
    if (pipeProducer === undefined) throw new PorticoError('internal', 'nothing was piped');
    return pipeProducer;
  }

  #release(key: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.creating.then(
      (producer) => {
        producer.close();
      },
      () => undefined, // It never crossed: whoever waited for it knows.
    );
  }
}
