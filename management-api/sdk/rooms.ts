import type { ManagedSubscription } from '../../common/contract/management.ts';
import type {
  Room,
  RoomCreation,
  RoomMeasuresAnswer,
  RoomMergePatch,
  RoomStatus,
  RoomUpdate,
} from '../schemas/rooms.ts';
import { entries } from './pages.ts';
import type { AdminAnswer, AdminRequest, Transport } from './transport.ts';

/** A room and its version: changes can be made to depend on it. */
export interface VersionedRoom {
  room: Room;
  /** Of the settings; another one after each change. */
  version: string;
}

export interface RoomChanged extends VersionedRoom {
  /** When it is in effect: now, when the room starts, or soon (an agent has not answered yet and is told again). */
  applied: 'now' | 'at-next-start' | 'pending';
}

export interface IfVersion {
  /** Only when the room still has this version; else `changed_meanwhile`. */
  version?: string;
}

const versioned = ({ data, headers }: AdminAnswer<Room>): VersionedRoom => ({
  room: data,
  version: (headers.get('etag') ?? '').replaceAll('"', ''),
});

const condition = ({ version }: IfVersion): Record<string, string> =>
  version === undefined ? {} : { 'if-match': `"${version}"` };

/** Rooms of the service. */
export class AdminRooms {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a room. @throws PorticoAdminError `room_exists` when the chosen id is taken */
  async create(room: RoomCreation): Promise<VersionedRoom> {
    const request = { method: 'POST', path: ['v1.1', 'rooms'], body: room, repeat: 'keyed' } as const;
    return versioned(await this.#transport.json<Room>(request));
  }

  /** @throws PorticoAdminError `room_not_found` */
  async get(room: string): Promise<VersionedRoom> {
    return versioned(await this.#transport.json<Room>({ method: 'GET', path: ['v1.1', 'rooms', room] }));
  }

  /** All rooms, sorted by id. `service`: of another service, `*` of all of them; for the super service. */
  list(options: { service?: string } = {}): AsyncGenerator<Room, void, undefined> {
    return entries<Room>(this.#transport, { path: ['v1.1', 'rooms'], query: { ...options } });
  }

  /** Replaces the given settings as a whole; others stay. */
  async update(room: string, settings: RoomUpdate, options: IfVersion = {}): Promise<RoomChanged> {
    return await this.#change(room, { method: 'PUT', body: settings }, options);
  }

  /** Merges into the settings (RFC 7396): null puts a setting back to its default. */
  async merge(room: string, patch: RoomMergePatch, options: IfVersion = {}): Promise<RoomChanged> {
    return await this.#change(room, { method: 'PATCH', body: patch }, options);
  }

  /** Also sends everybody away who is inside. */
  async delete(room: string, options: IfVersion = {}): Promise<void> {
    const path = ['v1.1', 'rooms', room];
    await this.#transport.done({ method: 'DELETE', path, headers: condition(options) });
  }

  /** Whether it runs, and how many are inside. */
  async status(room: string): Promise<RoomStatus> {
    return await this.#part<RoomStatus>(room, 'status');
  }

  /** Who receives which tracks. */
  async subscriptions(room: string): Promise<ManagedSubscription[]> {
    return await this.#part<ManagedSubscription[]>(room, 'subscriptions');
  }

  /** What each track carries right now. */
  async measures(room: string): Promise<RoomMeasuresAnswer> {
    return await this.#part<RoomMeasuresAnswer>(room, 'measures');
  }

  async #part<T>(room: string, part: string): Promise<T> {
    return (await this.#transport.json<T>({ method: 'GET', path: ['v1.1', 'rooms', room, part] })).data;
  }

  async #change(
    room: string,
    request: Pick<AdminRequest, 'method' | 'body'>,
    options: IfVersion,
  ): Promise<RoomChanged> {
    const answer = await this.#transport.json<Room>({
      ...request,
      path: ['v1.1', 'rooms', room],
      headers: condition(options),
      // Done by an attempt whose answer was lost, the condition would not hold any more.
      repeat: options.version === undefined ? 'yes' : 'no',
    });
    const said = answer.headers.get('portico-applied');
    const applied = said === 'now' || said === 'pending' ? said : 'at-next-start';
    return { ...versioned(answer), applied };
  }
}
