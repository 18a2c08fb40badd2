import type { Origin } from '../../contract/origin.ts';
import { PorticoError } from '../../contract/errors.ts';
import type { MemberId, RoomId } from '../../contract/ids.ts';
import type { LocalPipes } from '../local-pipes.ts';
import type { RoomRouter } from '../room-router.ts';
import type { EdgePipes } from './edge-pipes.ts';
import type { Published } from './published.ts';
import { Source, type SourceEnd, type SourceLease } from './source.ts';

export interface SourcesOptions {
  self: MemberId;
  published: Published;
  localPipes: LocalPipes;
  edgePipes: EdgePipes;
}

/** Brings a published track to the router of somebody who receives it, from wherever it enters. */
export class Sources {
  readonly #self: MemberId;
  readonly #published: Published;
  readonly #localPipes: LocalPipes;
  readonly #edgePipes: EdgePipes;

  constructor({ self, published, localPipes, edgePipes }: SourcesOptions) {
    this.#self = self;
    this.#published = published;
    this.#localPipes = localPipes;
    this.#edgePipes = edgePipes;
  }

  /** @throws PorticoError `track_not_found`, `worker_lost`, and what calls to other agents throw */
  async acquire(room: RoomId, origin: Origin, edge: RoomRouter): Promise<SourceLease> {
    if (origin.agent !== this.#self) return await this.#edgePipes.acquire(origin, edge);
    const track = this.#published.get(origin.producer);
    const { source, router } = track ?? {};
    if (source === undefined || router === undefined || router.room !== room || router.id !== origin.router) {
      throw new PorticoError('track_not_found', `producer '${origin.producer}' is not here`);
    }
    if (router === edge) return { source, release: () => undefined };
    return await this.#acrossWorkers(source, router, edge);
  }

  async #acrossWorkers(origin: Source, router: RoomRouter, edge: RoomRouter): Promise<SourceLease> {
    const pipe = await this.#localPipes.acquire(origin.producer.id, router, edge);
    // The layers that are wanted here are wanted of the origin.
    const source = new Source(pipe.producer, origin.wishes, origin.onDemand);
    const ended = (reason: SourceEnd) => {
      source.end(reason);
    };
    const closed = () => {
      source.end('source_interrupted');
    };
    const refresh = () => {
      source.refresh();
    };
    if (origin.ended !== undefined) source.end(origin.ended);
    else origin.once('ended', ended).on('refresh', refresh);
    if (pipe.producer.closed) closed();
    else pipe.producer.observer.once('close', closed);
    const release = () => {
      origin.off('ended', ended).off('refresh', refresh);
      pipe.producer.observer.off('close', closed);
      pipe.release();
    };
    return { source, release };
  }
}
