import { Owners } from '../common/cluster/owners.ts';
import type { Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId } from '../common/contract/ids.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { WorkerPool } from '../common/media/worker-pool.ts';
import { AccessRoom } from './access-room.ts';
import type { AgentParts } from './parts.ts';
import { placeSeat, type PlacedWorker } from './placement.ts';
import type { Seat } from './seat.ts';

/** The rooms that have participants on this agent. */
export class Rooms {
  readonly #parts: AgentParts;
  readonly #pool: WorkerPool;
  readonly #rooms = new Map<RoomId, AccessRoom>();
  readonly owners = new Owners();

  constructor(parts: AgentParts, pool: WorkerPool) {
    this.#parts = parts;
    this.#pool = pool;
    pool.on('ended', (worker) => {
      for (const room of this.#rooms.values()) room.workerEnded(worker);
    });
    this.owners.onSuccession((room) => {
      this.#rooms.get(room)?.newOwner();
    });
  }

  all(): AccessRoom[] {
    return [...this.#rooms.values()];
  }

  get(id: RoomId): AccessRoom | undefined {
    return this.#rooms.get(id);
  }

  /** @throws PorticoError `transport_not_found` */
  seat(id: RoomId, participant: ParticipantId): Seat {
    const room = this.#rooms.get(id);
    if (room === undefined) {
      throw new PorticoError('transport_not_found', `participant '${participant}' has no transports here`);
    }
    return room.seat(participant);
  }

  /** Tracks that clients receive from this agent. */
  get consumers(): number {
    return this.#seats().reduce((sum, seat) => sum + seat.consumers, 0);
  }

  /** @throws PorticoError `stale_owner` */
  accept(room: RoomId, owner: Owner): void {
    this.owners.accept(room, owner);
  }

  /** @throws PorticoError `resource_exhausted` */
  takeSeat(id: RoomId, participant: ParticipantId, portal: MemberId): Seat {
    const known = this.#rooms.get(id);
    const worker = known?.seats.has(participant) === true ? undefined : this.#place(id);
    const room = known ?? this.#open(id);
    return room.takeSeat(participant, portal, () => worker ?? this.#place(id));
  }

  #open(id: RoomId): AccessRoom {
    const room = new AccessRoom(this.#parts, id, () => {
      if (this.#rooms.get(id) === room) this.#rooms.delete(id);
    });
    this.#rooms.set(id, room);
    return room;
  }

  #place(id: RoomId): MediaWorker {
    const { workers } = this.#pool;
    const views = workers.map((worker) => this.#view(id, worker));
    const worker = workers[placeSeat(views, this.#parts.config.consumers_per_worker)];
    if (worker === undefined) throw new PorticoError('resource_exhausted', 'no media worker runs right now');
    return worker;
  }

  #view(id: RoomId, worker: MediaWorker): PlacedWorker {
    const seats = this.#seats().filter((seat) => seat.worker === worker);
    const others = seats.filter((seat) => seat.room.id !== id);
    return {
      otherConsumers: others.reduce((sum, seat) => sum + seat.consumers, 0),
      seats: seats.length,
      room: seats.filter((seat) => seat.room.id === id).map((seat) => seat.placed),
    };
  }

  #seats(): Seat[] {
    return this.all().flatMap((room) => [...room.seats.values()]);
  }
}
