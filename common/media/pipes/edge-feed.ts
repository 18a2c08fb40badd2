import type { types } from 'mediasoup';
import { PorticoError } from '../../contract/errors.ts';
import type { ProducerId } from '../../contract/ids.ts';
import { SerialQueue } from '../../lifecycle/serial-queue.ts';
import type { EdgePipe } from './edge-pipe.ts';
import { Latest } from './latest.ts';
import { LayerWishes, type WantedLayers } from './layer-wishes.ts';
import { Source, type LayerBitrates, type SourceEnd, type SourceLease } from './source.ts';

/** A producer of another agent on a router of this one. One queue orders beginning, changes and end. */
export class EdgeFeed {
  readonly producer: ProducerId;
  readonly #pipe: EdgePipe;
  readonly #queue = new SerialQueue();
  #users = 0;
  #source: Source | undefined;
  #ended: SourceEnd | undefined;

  constructor(pipe: EdgePipe, producer: ProducerId) {
    this.#pipe = pipe;
    this.producer = producer;
  }

  async acquire(): Promise<SourceLease> {
    this.#users += 1;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#users -= 1;
      if (this.#users === 0) void this.#queue.run(() => this.#releaseUnused());
    };
    try {
      const source = await this.#queue.run(() => this.#begin());
      return { source, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What happened to the producer at its origin. */
  async status(status: 'paused' | 'resumed' | 'closed'): Promise<void> {
    await this.#queue.run(async () => {
      const producer = this.#source?.producer;
      if (producer === undefined || producer.closed) return;
      if (status === 'closed') {
        this.end('source_ended');
        this.#pipe.remove(this);
        return;
      }
      await this.#run(status, () => (status === 'paused' ? producer.pause() : producer.resume()));
    });
  }

  /** It is over, whoever uses it. */
  end(reason: SourceEnd): void {
    this.#ended ??= reason;
    this.#source?.end(reason);
    this.#source?.producer.close();
  }

  async #begin(): Promise<Source> {
    if (this.#isOver()) throw this.#over();
    if (this.#source !== undefined && !this.#source.producer.closed) return this.#source;
    const pipe = this.#pipe;
    const { agents, metrics } = pipe.parts;
    const transport = await pipe.transport();
    const { kind, rtpParameters, paused, onDemand } = await agents.call(pipe.far, 'pipe.consume', {
      ...pipe.name,
      producer: this.producer,
    });
    const producer = await this.#run('produceFromPipe', () =>
      transport.produce({ id: this.producer, kind, rtpParameters, paused }),
    );
    metrics.pipes.inc({ scope: 'remote' });
    producer.observer.once('close', () => {
      metrics.pipes.dec({ scope: 'remote' });
    });
    // It may have ended while it was being made.
    if (this.#isOver()) {
      producer.close();
      throw this.#over();
    }
    return this.#makeSource(producer, onDemand);
  }

  #makeSource(producer: types.Producer, onDemand: LayerBitrates | undefined): Source {
    const wishes = new LayerWishes();
    const source = new Source(producer, wishes, onDemand);
    const layers = new Latest<WantedLayers>((wanted) => this.#tellLayers(wanted));
    wishes.onChange((wanted) => {
      layers.push(wanted);
    });
    producer.observer.once('close', () => {
      layers.close();
      source.end('source_interrupted');
    });
    this.#source = source;
    return source;
  }

  async #releaseUnused(): Promise<void> {
    if (this.#users > 0 || this.#ended !== undefined) return;
    const source = this.#source;
    this.#source = undefined;
    source?.end('source_ended');
    source?.producer.close();
    if (source !== undefined) await this.#unconsume();
    if (this.#users === 0) this.#pipe.remove(this);
  }

  async #unconsume(): Promise<void> {
    const pipe = this.#pipe;
    try {
      await pipe.parts.agents.call(pipe.far, 'pipe.unconsume', { ...pipe.name, producer: this.producer });
    } catch (error) {
      pipe.parts.log.debug({ err: error, ...pipe.name }, 'origin not told that nobody receives');
    }
  }

  #tellLayers({ max: maxSpatialLayer, low }: WantedLayers): Promise<unknown> {
    const { parts, far, name } = this.#pipe;
    const { producer } = this;
    return parts.agents.call(far, 'pipe.layers', { ...name, producer, maxSpatialLayer, low });
  }

  #isOver(): boolean {
    return this.#ended !== undefined;
  }

  #run<T>(what: string, request: () => Promise<T>): Promise<T> {
    return this.#pipe.router.worker.run(what, request);
  }

  #over(): PorticoError {
    return this.#pipe.closed
      ? this.#pipe.gone()
      : new PorticoError('track_not_found', `producer '${this.producer}' has ended`);
  }
}
