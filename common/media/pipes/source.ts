import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { LayerWishes } from './layer-wishes.ts';

/** `source_ended`: whoever rules the stream closed it. `source_interrupted`: its worker, agent or pipe was lost. */
export type SourceEnd = 'source_ended' | 'source_interrupted';

/** A producer on the router of those who receive it, wherever it comes from. */
export class Source extends EventEmitter<{ ended: [SourceEnd]; refresh: [] }> {
  readonly producer: types.Producer;
  /** Where its receivers leave the layers they want. */
  readonly wishes: LayerWishes;
  #ended: SourceEnd | undefined;

  constructor(producer: types.Producer, wishes: LayerWishes) {
    super();
    this.setMaxListeners(0);
    this.producer = producer;
    this.wishes = wishes;
  }

  get ended(): SourceEnd | undefined {
    return this.#ended;
  }

  /** Its publisher was away: all who receive it ask for a key frame. */
  refresh(): void {
    this.emit('refresh');
  }

  /** The first reason counts. */
  end(reason: SourceEnd): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.emit('ended', reason);
  }
}

/** The use of a source by one receiver. */
export interface SourceLease {
  readonly source: Source;
  /** Ends the use; a stream crosses to a router only as long as somebody uses it there. */
  release(): void;
}
