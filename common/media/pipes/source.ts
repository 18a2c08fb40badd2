import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { LayerWishes } from './layer-wishes.ts';

/** `source_ended`: whoever rules the stream closed it. `source_interrupted`: its worker, agent or pipe was lost. */
export type SourceEnd = 'source_ended' | 'source_interrupted';

/** Of a producer with two layers of which the lower one is made on demand; bit/s. */
export interface LayerBitrates {
  readonly low: number;
  readonly main: number;
}

interface SourceEvents {
  ended: [SourceEnd];
  /** All who receive it ask for a key frame. */
  refresh: [];
  /** It goes to a further router of another agent. */
  piped: [];
}

/** A producer on the router of those who receive it, wherever it comes from. */
export class Source extends EventEmitter<SourceEvents> {
  readonly producer: types.Producer;
  /** Where its receivers leave the layers they want. */
  readonly wishes: LayerWishes;
  /** Its lower layer is made for those whose line is too thin for the other, as long as one of them says so. */
  readonly onDemand: LayerBitrates | undefined;
  #ended: SourceEnd | undefined;

  constructor(producer: types.Producer, wishes: LayerWishes, onDemand?: LayerBitrates) {
    super();
    this.setMaxListeners(0);
    this.producer = producer;
    this.wishes = wishes;
    this.onDemand = onDemand;
  }

  get ended(): SourceEnd | undefined {
    return this.#ended;
  }

  /** Its publisher was away: all who receive it ask for a key frame. */
  refresh(): void {
    this.emit('refresh');
  }

  /** A pipe takes it to another agent. */
  piped(): void {
    this.emit('piped');
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
