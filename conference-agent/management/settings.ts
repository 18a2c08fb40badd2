import type { ApiMembers } from '../../common/cluster/api-members.ts';
import { compareOwners } from '../../common/cluster/owners.ts';
import type { Config } from '../../common/config/schema.ts';
import type { Inventory } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { Revocation } from '../../common/contract/management.ts';
import type { StoredRoom } from '../../common/contract/room-settings.ts';
import type { Logger } from '../../common/observe/log.ts';
import { rulesOf, type RoomRules } from './room-rules.ts';

/** What the management API says of a room; undefined: it has not answered. */
export type Looked = { stored: StoredRoom | null; revocations: Revocation[] } | undefined;

/** What a member remembers of a room. */
type Memory = Pick<Inventory, 'owner' | 'stored'>;

/** Where the rules of a room come from: the store, what the members remember of it, the configuration file. */
export class Settings {
  readonly #config: Pick<Config, 'rooms' | 'auth'>;
  readonly #api: Pick<ApiMembers, 'ask' | 'present' | 'expected'>;
  readonly #log: Logger;

  constructor(
    config: Pick<Config, 'rooms' | 'auth'>,
    api: Pick<ApiMembers, 'ask' | 'present' | 'expected'>,
    log: Logger,
  ) {
    this.#config = config;
    this.#api = api;
    this.#log = log;
  }

  /** Asks the management API, if there is one. Never rejects. */
  async look(room: RoomId): Promise<Looked> {
    if (!this.#api.present) return undefined;
    try {
      return await this.#api.ask('room.lookup', { room });
    } catch (error) {
      const { code } = PorticoError.from(error);
      this.#log.warn({ room, code }, 'settings of the room not read from the store');
      return undefined;
    }
  }

  /**
   * The rules that a room opens with.
   * @param memories what members know of the room
   * @throws PorticoError `room_not_found`; `unavailable` when nobody can say right now what holds in it
   */
  decide(room: RoomId, looked: Looked, memories: readonly Memory[]): RoomRules {
    if (looked !== undefined) {
      return looked.stored === null
        ? { ...this.#fromFile(room), services: this.#operators }
        : this.of(looked.stored);
    }
    const remembered = newest(memories);
    if (remembered !== undefined) return this.of(remembered);
    const configured = this.#config.rooms.room.some(({ id }) => id === room);
    if (this.#api.expected && !configured) {
      throw new PorticoError('unavailable', `the settings of room '${room}' cannot be read right now`);
    }
    return this.#fromFile(room);
  }

  /** The rules of a room of the store. */
  of(stored: StoredRoom): RoomRules {
    return rulesOf(stored, this.#operators);
  }

  #fromFile(room: RoomId): RoomRules {
    const { rooms } = this.#config;
    const own = rooms.room.find(({ id }) => id === room);
    if (own !== undefined) return own;
    if (rooms.only_configured) throw new PorticoError('room_not_found', `room '${room}' does not exist`);
    return rooms.default;
  }

  /** Services of the configuration file; without any a server makes itself one of this name. */
  get #operators(): string[] {
    const ids = this.#config.auth.services.map(({ id }) => id);
    return ids.length === 0 ? ['dev'] : ids;
  }
}

/** What the newest owner told; of that the highest version. A room that was deleted and made anew begins again at 1. */
function newest(memories: readonly Memory[]): StoredRoom | undefined {
  const known = memories.flatMap(({ owner, stored }) => (owner && stored ? [{ owner, stored }] : []));
  const sorted = known.toSorted(
    (a, b) => compareOwners(a.owner, b.owner) || a.stored.version - b.stored.version,
  );
  return sorted.at(-1)?.stored;
}
