import { PorticoError } from '../../common/contract/errors.ts';
import { RoomId } from '../../common/contract/ids.ts';
import type { Caller } from '../http/auth/caller.ts';
import type { Rooms, StoredRoomRow } from '../store/store.ts';
import { TimedCache } from './timed-cache.ts';

/** How long a room is believed unchanged where a moment does not matter; what this process changes is seen at once. */
const cacheMs = 1_000;
const cacheSize = 10_000;

/** A room that a request names: in the store, or just anywhere (the super service may look at those). */
export interface ReachedRoom {
  readonly id: RoomId;
  readonly stored?: StoredRoomRow;
}

const noRoom = () => new PorticoError('room_not_found', 'Room not found');

/** Which rooms a service may touch: its own; the super service any. */
export class RoomAccess {
  readonly #rooms: Rooms;
  readonly #cache: TimedCache<RoomId, StoredRoomRow | undefined>;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#cache = new TimedCache(cacheMs, cacheSize, (id) => rooms.get(id));
  }

  /**
   * The room as the store has it right now.
   * @throws PorticoError `room_not_found`, also when it belongs to another service
   */
  async fresh(caller: Caller, text: string): Promise<StoredRoomRow> {
    const id = RoomId.safeParse(text);
    if (!id.success) throw noRoom();
    this.#cache.forget(id.data);
    const row = await this.#rooms.get(id.data);
    if (row === undefined || !allowed(caller, row)) throw noRoom();
    return row;
  }

  /**
   * A room that need not be in the store where the super service asks.
   * @throws PorticoError `room_not_found`
   */
  async reach(caller: Caller, text: string): Promise<ReachedRoom> {
    const id = RoomId.safeParse(text);
    if (!id.success) throw noRoom();
    const row = await this.#cache.get(id.data);
    if (row === undefined && caller.isSuper) return { id: id.data };
    if (row === undefined || !allowed(caller, row)) throw noRoom();
    return { id: id.data, stored: row };
  }

  /** This process changed the room. */
  changed(id: RoomId): void {
    this.#cache.forget(id);
  }
}

const allowed = ({ service, isSuper }: Caller, row: StoredRoomRow): boolean =>
  isSuper || row.service === service.id;
