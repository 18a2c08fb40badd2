import type { ParticipantRecord, PublicationGrant, SubscriptionGrant } from '../common/contract/cluster.ts';
import type { Direction, MediaAccess } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type {
  MemberId,
  ParticipantId,
  StreamId,
  SubscriptionId,
  TransportId,
} from '../common/contract/ids.ts';
import { capabilitiesFor } from '../common/media/codecs.ts';
import type { Format } from '../common/contract/media.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { RoomRouter } from '../common/media/room-router.ts';
import type { RouterHold } from '../common/media/room-routers.ts';
import type { AccessRoom } from './access-room.ts';
import { ClientTransport } from './client-transport.ts';
import type { AgentParts } from './parts.ts';
import type { PlacedSeat } from './placement.ts';
import { Publication } from './publication.ts';
import type { SourceEnd } from '../common/media/pipes/source.ts';
import type { Speakers } from './speakers.ts';
import { Subscription } from './subscription.ts';

/** A seat that is younger may not have begun to receive yet, ms. */
const youngMs = 5_000;

/** A portal knows a participant that came back only when the owner's call has been answered, ms. */
const hintAgainMs = 1_000;

interface Opening {
  readonly made: Promise<ClientTransport>;
  /** Set once made. */
  transport?: ClientTransport;
}

export interface SeatOptions {
  parts: AgentParts;
  room: AccessRoom;
  participant: ParticipantId;
  portal: MemberId;
  worker: MediaWorker;
}

/** A participant's place on a router of its room: transports, publications and subscriptions. */
export class Seat {
  readonly participant: ParticipantId;
  readonly room: AccessRoom;
  readonly worker: MediaWorker;
  portal: MemberId;
  /** Codecs that the room takes; undefined: all that the routers have. */
  formats: readonly Format[] | undefined;
  readonly publications = new Map<StreamId, Publication>();
  readonly subscriptions = new Map<SubscriptionId, Subscription>();
  readonly #parts: AgentParts;
  readonly #since = performance.now();
  readonly #holding: Promise<RouterHold>;
  #record: ParticipantRecord | undefined;
  #hintAgain: NodeJS.Timeout | undefined;
  #hold: RouterHold | undefined;
  readonly #transports = new Map<Direction, Opening>();
  #closed = false;

  constructor({ parts, room, participant, portal, worker }: SeatOptions) {
    this.#parts = parts;
    this.room = room;
    this.participant = participant;
    this.portal = portal;
    this.worker = worker;
    this.#holding = parts.routers.acquire(room.id, worker);
    this.#holding.then(
      (hold) => {
        this.#hold = hold;
        if (this.#closed) hold.release();
      },
      () => {
        this.close('source_interrupted');
      },
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whose seat it is, as the owner of the room told last; absent when it never did. */
  get record(): ParticipantRecord | undefined {
    return this.#record;
  }

  /** The newest wins: calls that overtake each other must not bring back an older state of the tickets. */
  remember(record: ParticipantRecord): void {
    const known = this.#record?.generations.newest;
    if (this.#closed || record.generations.newest < (known ?? 0)) return;
    this.#record = record;
    if (known !== undefined && record.generations.newest > known) this.#cameBack();
  }

  /** Pictures stand still until a key frame, for which a browser asks only every few seconds; hints were lost. */
  #cameBack(): void {
    this.#refresh('send');
    this.#refresh('recv');
    clearTimeout(this.#hintAgain);
    this.#hintAgain = setTimeout(() => {
      for (const publication of this.publications.values()) publication.repeatHints();
    }, hintAgainMs);
  }

  #refresh(direction: Direction): void {
    if (direction === 'send') {
      for (const publication of this.publications.values()) publication.refresh();
      return;
    }
    for (const subscription of this.subscriptions.values()) {
      // A worker that is gone has nobody to refresh.
      subscription.refresh().catch(() => undefined);
    }
  }

  /** @throws PorticoError `transport_not_found` before `open` */
  get router(): RoomRouter {
    if (this.#hold === undefined) throw this.#noTransport('router');
    return this.#hold.router;
  }

  get speakers(): Speakers {
    return this.room.speakers(this.router);
  }

  get consumers(): number {
    return [...this.subscriptions.values()].reduce((sum, { consumers }) => sum + consumers, 0);
  }

  /** As placement sees it. */
  get placed(): PlacedSeat {
    return {
      consumers: this.consumers,
      granted: [...this.subscriptions.values()].reduce((sum, { granted }) => sum + granted, 0),
      published: [...this.publications.values()].reduce((sum, { live }) => sum + live, 0),
      young: performance.now() - this.#since < youngMs,
    };
  }

  /**
   * Makes the transports that are missing or no longer healthy and describes all that were asked for.
   * @throws PorticoError `worker_lost`, `participant_not_found` when it is closed meanwhile
   */
  async open(directions: Direction[]): Promise<MediaAccess> {
    await this.#holding;
    const transports: MediaAccess['transports'] = {};
    const opened = await Promise.all(directions.map((direction) => this.#open(direction)));
    for (const transport of opened) transports[transport.direction] = transport.options;
    return { rtpCapabilities: capabilitiesFor(this.formats), transports };
  }

  /** The transport for a direction that was asked for before. */
  transportFor(direction: Direction): ClientTransport {
    const transport = this.#transports.get(direction)?.transport;
    if (transport === undefined) throw this.#noTransport(`${direction} transport`);
    return transport;
  }

  /** @param direction when only that one will do */
  transport(id: TransportId, direction?: Direction): ClientTransport {
    for (const { transport } of this.#transports.values()) {
      if (transport?.id === id && (direction ?? transport.direction) === transport.direction)
        return transport;
    }
    throw this.#noTransport(`${direction === undefined ? '' : `${direction} `}transport '${id}'`);
  }

  async publish(grant: PublicationGrant): Promise<TransportId> {
    const { id } = this.transportFor('send');
    const known = this.publications.get(grant.id);
    if (known === undefined) this.publications.set(grant.id, new Publication(this.#parts, this, grant));
    else await known.update(grant);
    return id;
  }

  async subscribe(grant: SubscriptionGrant): Promise<TransportId> {
    const { id } = this.transportFor('recv');
    const known = this.subscriptions.get(grant.id);
    if (known === undefined) this.subscriptions.set(grant.id, new Subscription(this.#parts, this, grant));
    else await known.update(grant);
    return id;
  }

  unpublish(id: StreamId): void {
    this.publications.get(id)?.close('source_ended');
    this.publications.delete(id);
  }

  unsubscribe(id: SubscriptionId): void {
    this.subscriptions.get(id)?.close();
    this.subscriptions.delete(id);
  }

  /**
   * A source was lost on its way here. Looked at a moment later: when a worker dies its sources go first, and those who
   * sat on it are reported with it.
   */
  interrupted(subscription: Subscription): void {
    setImmediate(() => {
      if (this.#closed || this.subscriptions.get(subscription.id) !== subscription) return;
      this.unsubscribe(subscription.id);
      this.room.ended({ subscriptions: [subscription.id] }, 'source_interrupted');
    });
  }

  close(reason: SourceEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#hintAgain);
    for (const publication of this.publications.values()) publication.close(reason);
    for (const subscription of this.subscriptions.values()) subscription.close();
    for (const { transport } of this.#transports.values()) transport?.close();
    this.#transports.clear();
    this.#hold?.release();
    this.room.remove(this);
  }

  async #open(direction: Direction): Promise<ClientTransport> {
    const known = this.#transports.get(direction)?.transport;
    if (known !== undefined && !known.healthy) this.room.ended(this.#drop(known), 'transport_closed');
    let opening = this.#transports.get(direction);
    if (opening === undefined) {
      opening = { made: this.#create(direction) };
      this.#transports.set(direction, opening);
    }
    return await opening.made;
  }

  async #create(direction: Direction): Promise<ClientTransport> {
    const { router } = this;
    const { config, metrics } = this.#parts;
    let transport: ClientTransport;
    try {
      transport = await ClientTransport.create({ router, direction, config, metrics });
    } catch (error) {
      this.#transports.delete(direction);
      throw error;
    }
    const opening = this.#transports.get(direction);
    if (this.#closed || opening === undefined) {
      transport.close();
      throw new PorticoError('participant_not_found', `participant '${this.participant}' left`);
    }
    opening.transport = transport;
    transport.once('lost', () => {
      this.#lost(transport);
    });
    transport.on('moved', () => {
      this.#refresh(direction);
    });
    return transport;
  }

  /** A transport ended without us: what it carried ends with it, and the seat with its last transport. */
  #lost(transport: ClientTransport): void {
    if (this.#closed || this.#transports.get(transport.direction)?.transport !== transport) return;
    const ended = this.#drop(transport);
    if (this.#transports.size > 0) {
      this.room.ended(ended, 'transport_closed');
      return;
    }
    const seats = [this.participant];
    const publications = [...ended.publications, ...this.publications.keys()];
    const subscriptions = [...ended.subscriptions, ...this.subscriptions.keys()];
    this.close('source_ended');
    this.room.ended({ seats, publications, subscriptions }, 'transport_closed');
  }

  /** Closes a transport and what it carries. What was granted but not begun stays: it may begin on the next one. */
  #drop(transport: ClientTransport): { publications: StreamId[]; subscriptions: SubscriptionId[] } {
    this.#transports.delete(transport.direction);
    const publications = [...this.publications.values()].filter((publication) => publication.uses(transport));
    const subscriptions = [...this.subscriptions.values()].filter((subscription) =>
      subscription.uses(transport),
    );
    for (const { id } of publications) this.unpublish(id);
    for (const { id } of subscriptions) this.unsubscribe(id);
    transport.close();
    return {
      publications: publications.map(({ id }) => id),
      subscriptions: subscriptions.map(({ id }) => id),
    };
  }

  #noTransport(what: string): PorticoError {
    return new PorticoError('transport_not_found', `participant '${this.participant}' has no ${what} here`);
  }
}
