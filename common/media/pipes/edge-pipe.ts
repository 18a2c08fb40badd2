import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { Caller } from '../../bus/contract.ts';
import type { PipeContract } from '../../contract/pipes.ts';
import type { Origin } from '../../contract/origin.ts';
import { PorticoError } from '../../contract/errors.ts';
import {
  memberAddress,
  type MemberId,
  type ProducerId,
  type RoomId,
  type RouterId,
} from '../../contract/ids.ts';
import {
  connectPipeTransport,
  createPipeTransport,
  endpointOf,
  type PipeAddress,
} from '../pipe-transport.ts';
import type { MediaMetrics } from '../media-metrics.ts';
import type { RoomRouter } from '../room-router.ts';
import type { Logger } from '../../observe/log.ts';
import { EdgeFeed } from './edge-feed.ts';
import type { Peers } from './peers.ts';
import type { SourceEnd, SourceLease } from './source.ts';

export interface EdgePipeParts {
  readonly self: MemberId;
  readonly agents: Caller<PipeContract>;
  readonly peers: Peers;
  readonly address: PipeAddress;
  readonly metrics: MediaMetrics;
  readonly log: Logger;
}

/** What names a pipe in calls between agents. */
export interface PipeName {
  room: RoomId;
  origin: RouterId;
  edge: { agent: MemberId; router: RouterId };
}

/**
 * The receiving end of a pipe between agents, and the one that drives it: opened with the first stream that is wanted
 * here, closed with the last.
 */
export class EdgePipe extends EventEmitter<{ closed: [] }> {
  readonly parts: EdgePipeParts;
  readonly name: PipeName;
  readonly router: RoomRouter;
  readonly #agent: MemberId;
  readonly #opening: Promise<types.PipeTransport>;
  readonly #feeds = new Map<ProducerId, EdgeFeed>();
  readonly #unwatch: () => void;
  #transport: types.PipeTransport | undefined;
  #closed = false;

  constructor(parts: EdgePipeParts, origin: Origin, router: RoomRouter) {
    super();
    this.parts = parts;
    this.router = router;
    this.name = { room: router.room, origin: origin.router, edge: { agent: parts.self, router: router.id } };
    this.#agent = origin.agent;
    this.#unwatch = parts.peers.watch(origin.agent, () => {
      this.close('source_interrupted', false);
    });
    router.once('closed', this.#routerClosed);
    this.#opening = this.#open();
    this.#opening.catch(() => {
      this.close('source_interrupted', true);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Address of the agent at the other end. */
  get far(): string {
    return memberAddress(this.#agent);
  }

  /** @throws PorticoError what opening throws */
  async transport(): Promise<types.PipeTransport> {
    const transport = await this.#opening;
    if (this.#closed) throw this.gone();
    return transport;
  }

  async acquire(producer: ProducerId): Promise<SourceLease> {
    let feed = this.#feeds.get(producer);
    if (feed === undefined) {
      feed = new EdgeFeed(this, producer);
      this.#feeds.set(producer, feed);
    }
    return await feed.acquire();
  }

  async status(producer: ProducerId, status: 'paused' | 'resumed' | 'closed'): Promise<void> {
    await this.#feeds.get(producer)?.status(status);
  }

  /** A feed has nobody left. */
  remove(feed: EdgeFeed): void {
    if (this.#feeds.get(feed.producer) === feed) this.#feeds.delete(feed.producer);
    if (this.#feeds.size === 0) this.close('source_ended', true);
  }

  /** @param tell whether the other end does not know yet */
  close(reason: SourceEnd, tell: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    this.router.off('closed', this.#routerClosed);
    this.emit('closed');
    for (const feed of this.#feeds.values()) feed.end(reason);
    this.#feeds.clear();
    this.#transport?.close();
    if (tell) {
      // When it gets lost: the other end closes when this agent goes, or when a new pipe takes the place of this one.
      this.parts.agents.send(this.far, 'pipe.close', this.name).catch(() => undefined);
    }
    this.parts.log.info({ ...this.name, reason }, 'pipe from another agent closed');
  }

  gone(): PorticoError {
    return new PorticoError('unavailable', `the pipe from agent '${this.#agent}' was closed`);
  }

  readonly #routerClosed = () => {
    this.close('source_interrupted', true);
  };

  async #open(): Promise<types.PipeTransport> {
    const transport = await createPipeTransport(this.router, this.parts.address);
    this.#transport = transport;
    try {
      if (this.#closed) throw this.gone();
      const end = { agent: this.parts.self, router: this.router.id, ...endpointOf(transport) };
      const answer = await this.parts.agents.call(this.far, 'pipe.open', { ...this.name, end });
      await connectPipeTransport(this.router, transport, answer.end);
      this.parts.log.info({ ...this.name, agent: this.#agent }, 'pipe from another agent opened');
      return transport;
    } catch (error) {
      transport.close();
      throw error;
    }
  }
}
