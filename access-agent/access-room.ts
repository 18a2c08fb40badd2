import type { Inventory } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type {
  MemberId,
  ParticipantId,
  RoomId,
  RouterId,
  StreamId,
  SubscriptionId,
} from '../common/contract/ids.ts';
import type { RoomMeasures, TrackMeasure } from '../common/contract/management.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { RoomRouter } from '../common/media/room-router.ts';
import type { AgentParts } from './parts.ts';
import type { Publication } from './publication.ts';
import { RoomReports, type EndedSessions } from './reports.ts';
import { Seat } from './seat.ts';
import { Speakers } from './speakers.ts';
import type { Subscription } from './subscription.ts';

/** The part of a room that is on this agent. */
export class AccessRoom {
  readonly id: RoomId;
  readonly reports: RoomReports;
  readonly seats = new Map<ParticipantId, Seat>();
  readonly #parts: AgentParts;
  readonly #onEmpty: () => void;
  readonly #speakers = new Map<RouterId, Speakers>();

  constructor(parts: AgentParts, id: RoomId, onEmpty: () => void) {
    this.#parts = parts;
    this.id = id;
    this.#onEmpty = onEmpty;
    this.reports = new RoomReports({ self: parts.self, room: id, bus: parts.bus, log: parts.log });
  }

  /** @throws PorticoError `transport_not_found`: to a stranger nothing here exists */
  seat(participant: ParticipantId): Seat {
    const seat = this.seats.get(participant);
    if (seat === undefined) {
      throw new PorticoError('transport_not_found', `participant '${participant}' has no transports here`);
    }
    return seat;
  }

  /** The seat of a participant; a new one is placed on the worker given. */
  takeSeat(participant: ParticipantId, portal: MemberId, worker: () => MediaWorker): Seat {
    let seat = this.seats.get(participant);
    if (seat === undefined) {
      seat = new Seat({ parts: this.#parts, room: this, participant, portal, worker: worker() });
      this.seats.set(participant, seat);
    }
    seat.portal = portal;
    return seat;
  }

  /** Called by a seat that closed. */
  remove(seat: Seat): void {
    if (this.seats.get(seat.participant) === seat) this.seats.delete(seat.participant);
    if (this.seats.size === 0) this.#onEmpty();
  }

  publication(id: StreamId): Publication | undefined {
    return this.publisher(id)?.publications.get(id);
  }

  subscription(id: SubscriptionId): Subscription | undefined {
    return this.subscriber(id)?.subscriptions.get(id);
  }

  /** The seat that may publish a stream. */
  publisher(id: StreamId): Seat | undefined {
    return this.#find((seat) => seat.publications.has(id));
  }

  /** The seat that has a subscription. */
  subscriber(id: SubscriptionId): Seat | undefined {
    return this.#find((seat) => seat.subscriptions.has(id));
  }

  /** Reports what ended without being asked to. */
  ended(sessions: EndedSessions, reason: SessionEndReason): void {
    const count = (sessions.publications?.length ?? 0) + (sessions.subscriptions?.length ?? 0);
    if (count > 0) this.#parts.metrics.sessionsEnded.inc({ reason }, count);
    this.#parts.log.info({ room: this.id, reason, ...sessions }, 'sessions ended');
    this.reports.ended(sessions, reason);
  }

  /** Everything that was on a worker is gone. */
  workerEnded(worker: MediaWorker): void {
    const seats = [...this.seats.values()].filter((seat) => seat.worker === worker);
    if (seats.length > 0) this.ended(sessionsOf(seats), 'worker_died');
    for (const seat of seats) seat.close('source_interrupted');
  }

  /** Reports everything as ended, for a process that stops. */
  shutDown(): void {
    const seats = [...this.seats.values()];
    this.ended(sessionsOf(seats), 'shutdown');
    for (const seat of seats) seat.close('source_interrupted');
  }

  /** Who speaks on a router. */
  speakers(router: RoomRouter): Speakers {
    let speakers = this.#speakers.get(router.id);
    if (speakers === undefined) {
      speakers = new Speakers(router, this.reports, this.#parts.log);
      this.#speakers.set(router.id, speakers);
      router.once('closed', () => this.#speakers.delete(router.id));
    }
    return speakers;
  }

  /** The room has a new owner. */
  newOwner(): void {
    for (const speakers of this.#speakers.values()) speakers.repeat();
  }

  inventory(): Pick<Inventory, 'seats' | 'publications' | 'subscriptions'> {
    const seats = [...this.seats.values()];
    return {
      seats: seats.map(({ participant, portal, record }) => ({
        participant,
        portal,
        ...(record === undefined ? {} : { record }),
      })),
      publications: seats.flatMap(({ publications }) =>
        [...publications.values()].map((publication) => publication.describe()),
      ),
      subscriptions: seats.flatMap(({ subscriptions }) =>
        [...subscriptions.values()].map((subscription) => subscription.describe()),
      ),
    };
  }

  /** What everything of the room carries here right now; what ends meanwhile is left out. */
  async measure(): Promise<RoomMeasures> {
    const seats = [...this.seats.values()];
    const measured = async <S extends Publication | Subscription>(
      sessions: (seat: Seat) => Iterable<S>,
    ): Promise<{ id: S['id']; participant: ParticipantId; tracks: TrackMeasure[] }[]> => {
      const all = seats.flatMap((seat) => [...sessions(seat)].map((session) => ({ seat, session })));
      const settled = await Promise.allSettled(
        all.map(async ({ seat: { participant }, session }) => {
          return { id: session.id, participant, tracks: await session.measure() };
        }),
      );
      return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    };
    const [streams, subscriptions] = await Promise.all([
      measured<Publication>((seat) => seat.publications.values()),
      measured<Subscription>((seat) => seat.subscriptions.values()),
    ]);
    return { streams, subscriptions };
  }

  #find(matches: (seat: Seat) => boolean): Seat | undefined {
    for (const seat of this.seats.values()) if (matches(seat)) return seat;
    return undefined;
  }
}

function sessionsOf(seats: Seat[]): Required<EndedSessions> {
  return {
    seats: seats.map(({ participant }) => participant),
    publications: seats.flatMap(({ publications }) => [...publications.keys()]),
    subscriptions: seats.flatMap(({ subscriptions }) => [...subscriptions.keys()]),
  };
}
