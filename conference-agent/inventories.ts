import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import type { Membership } from '../common/cluster/membership.ts';
import { compareOwners } from '../common/cluster/owners.ts';
import { memberContract, type Inventory, type Owner, type RoomMemory } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, RoomId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import type { StoredRoom } from '../common/contract/room-settings.ts';
import type { Logger } from '../common/observe/log.ts';

/** How long a member may take to answer at all; later than the wait of the opening, its answer is merged. */
const lateMs = 10_000;

/** Something that members are to remember of a room. */
export interface RoomNote extends RoomMemory {
  room: RoomId;
  owner: Owner;
}

/** Asks members what they know of rooms, and tells them who owns one. */
export class Inventories {
  readonly membership: Membership;
  readonly #caller: Caller<typeof memberContract>;
  readonly #log: Logger;

  constructor(bus: Bus, membership: Membership, log: Logger) {
    this.#caller = new Caller(bus, memberContract);
    this.membership = membership;
    this.#log = log;
  }

  /** Those who may know something of a room. */
  members(): MemberId[] {
    return this.membership.members().flatMap(({ id, role }) => (role === 'api' ? [] : [id]));
  }

  /** Undefined when the member does not answer. */
  async ask(member: MemberId, room: RoomId): Promise<Inventory | undefined> {
    const address = memberAddress(member);
    try {
      return await this.#caller.call(address, 'room.inventory', { room }, { timeoutMs: lateMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (code === 'unavailable') this.membership.reportGone(member);
      if (code !== 'closing') this.#log.warn({ room, peer: member, code }, 'no inventory');
      return undefined;
    }
  }

  /**
   * Tells all members who owns the room now.
   * @param stored what the store says of it, for them to remember; absent: they forget what they know
   */
  announce(room: RoomId, owner: Owner, stored?: StoredRoom): void {
    const news = { room, owner, ...(stored === undefined ? {} : { stored }) };
    for (const { id } of this.membership.members()) {
      this.#caller.send(memberAddress(id), 'room.owner', news).catch((error: unknown) => {
        this.#log.debug({ room, peer: id, code: PorticoError.from(error).code }, 'owner not announced');
      });
    }
  }

  /** Tells all who may be asked for it, or one that is new, what is to be remembered of a room. */
  remember(note: RoomNote, member?: MemberId): void {
    for (const id of member === undefined ? this.members() : [member]) {
      this.#caller.send(memberAddress(id), 'room.remember', note).catch((error: unknown) => {
        const { code } = PorticoError.from(error);
        this.#log.debug({ room: note.room, peer: id, code }, 'not remembered');
      });
    }
  }
}

/** The newest owner that any of the members has seen. */
export function newestOwner(inventories: readonly Inventory[]): Owner | undefined {
  const owners = inventories.flatMap(({ owner }) => (owner === undefined ? [] : [owner]));
  return owners.toSorted(compareOwners).at(-1);
}
