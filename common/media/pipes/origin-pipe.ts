import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { Caller } from '../../bus/contract.ts';
import type { PipeContract } from '../../contract/pipes.ts';
import { PorticoError } from '../../contract/errors.ts';
import { memberAddress, type MemberId, type ProducerId } from '../../contract/ids.ts';
import type { Input, Output } from '../../contract/rpc.ts';
import {
  connectPipeTransport,
  createPipeTransport,
  endpointOf,
  type PipeAddress,
} from '../pipe-transport.ts';
import type { RoomRouter } from '../room-router.ts';
import type { Logger } from '../../observe/log.ts';
import { Latest } from './latest.ts';
import type { Peers } from './peers.ts';
import type { Published } from './published.ts';
import type { SourceEnd } from './source.ts';

export interface OriginPipeParts {
  readonly self: MemberId;
  readonly agents: Caller<PipeContract>;
  readonly peers: Peers;
  readonly address: PipeAddress;
  readonly published: Published;
  readonly log: Logger;
}

type OpenParams = Input<PipeContract, 'pipe.open'>;
type PipeEnd = OpenParams['end'];
type Status = Input<PipeContract, 'pipe.producer'>['status'];

interface Sent {
  readonly consumer: types.Consumer;
  readonly status: Latest<Status>;
}

/** The sending end of a pipe to a router of another agent. */
export class OriginPipe extends EventEmitter<{ closed: [] }> {
  /** How the edge reaches this end. */
  readonly end: PipeEnd;
  readonly #parts: OriginPipeParts;
  readonly #router: RoomRouter;
  readonly #params: OpenParams;
  readonly #transport: types.PipeTransport;
  readonly #sent = new Map<ProducerId, Sent>();
  readonly #unwatch: () => void;
  #closed = false;

  private constructor(
    parts: OriginPipeParts,
    router: RoomRouter,
    { params, transport }: { params: OpenParams; transport: types.PipeTransport },
  ) {
    super();
    this.#parts = parts;
    this.#router = router;
    this.#params = params;
    this.#transport = transport;
    this.end = { agent: parts.self, router: router.id, ...endpointOf(transport) };
    this.#unwatch = parts.peers.watch(params.edge.agent, () => {
      this.close(false);
    });
    transport.observer.once('close', () => {
      // Not by us: the router or its worker is gone.
      this.close(true);
    });
  }

  /** @throws PorticoError `worker_lost`, `bad_request` */
  static async create(parts: OriginPipeParts, router: RoomRouter, params: OpenParams): Promise<OriginPipe> {
    const transport = await createPipeTransport(router, parts.address);
    try {
      await connectPipeTransport(router, transport, params.end);
    } catch (error) {
      transport.close();
      throw error;
    }
    return new OriginPipe(parts, router, { params, transport });
  }

  /** Whether a repeated request means this pipe. */
  leadsTo({ ip, port, srtpParameters }: PipeEnd): boolean {
    const known = this.#params.end;
    return (
      known.ip === ip && known.port === port && known.srtpParameters?.keyBase64 === srtpParameters?.keyBase64
    );
  }

  /** @throws PorticoError `track_not_found`, `worker_lost` */
  async consume(producer: ProducerId): Promise<Output<PipeContract, 'pipe.consume'>> {
    const known = this.#sent.get(producer)?.consumer;
    const consumer = known === undefined || known.closed ? await this.#consume(producer) : known;
    const onDemand = this.#parts.published.get(producer)?.source?.onDemand;
    return {
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      paused: consumer.producerPaused,
      ...(onDemand === undefined ? {} : { onDemand }),
    };
  }

  unconsume(producer: ProducerId): void {
    const sent = this.#sent.get(producer);
    this.#forget(producer);
    sent?.consumer.close();
  }

  layers({ producer, maxSpatialLayer, low }: Input<PipeContract, 'pipe.layers'>): void {
    if (!this.#sent.has(producer)) return;
    this.#parts.published.get(producer)?.source?.wishes.set(this.#key, maxSpatialLayer, low);
  }

  /** @param tell whether the edge does not know yet */
  close(tell: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    for (const producer of [...this.#sent.keys()]) this.#forget(producer);
    this.#transport.close();
    if (tell) {
      const { room, origin, edge } = this.#params;
      this.#parts.agents.send(this.#far, 'pipe.close', { room, origin, edge }).catch(() => undefined);
    }
    this.emit('closed');
  }

  get #far(): string {
    return memberAddress(this.#params.edge.agent);
  }

  /** Under this name the edge's wishes count. */
  get #key(): string {
    return `pipe:${this.#params.edge.router}`;
  }

  async #consume(producer: ProducerId): Promise<types.Consumer> {
    const track = this.#parts.published.get(producer);
    if (track?.router !== this.#router) {
      throw new PorticoError(
        'track_not_found',
        `producer '${producer}' is not on router '${this.#router.id}'`,
      );
    }
    const consumer = await this.#router.worker.run('consumeIntoPipe', () =>
      this.#transport.consume({ producerId: producer }),
    );
    const { source } = track;
    if (source === undefined || consumer.closed) {
      consumer.close();
      throw new PorticoError('track_not_found', `producer '${producer}' ended while it was being piped`);
    }
    const status = new Latest<Status>((value) => this.#tell(producer, value));
    consumer.on('producerpause', () => {
      status.push('paused');
    });
    consumer.on('producerresume', () => {
      status.push('resumed');
    });
    const ended = (reason: SourceEnd) => {
      if (this.#sent.get(producer)?.consumer !== consumer) return;
      // Its last status is sent even though nothing else is kept of it. What was interrupted goes with the pipe.
      this.#sent.delete(producer);
      if (reason === 'source_ended') status.push('closed');
    };
    const refresh = () => {
      consumer.requestKeyFrame().catch(() => undefined);
    };
    source.once('ended', ended).on('refresh', refresh);
    consumer.observer.once('close', () => {
      source.off('ended', ended).off('refresh', refresh);
    });
    this.#sent.set(producer, { consumer, status });
    source.piped();
    return consumer;
  }

  #tell(producer: ProducerId, status: Status): Promise<unknown> {
    const { room, origin, edge } = this.#params;
    if (this.#closed) return Promise.resolve();
    return this.#parts.agents.call(this.#far, 'pipe.producer', { room, origin, edge, producer, status });
  }

  #forget(producer: ProducerId): void {
    const sent = this.#sent.get(producer);
    this.#sent.delete(producer);
    sent?.status.close();
    this.#parts.published.get(producer)?.source?.wishes.delete(this.#key);
  }
}
