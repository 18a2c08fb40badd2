import { PorticoError } from '../contract/errors.ts';
import type { Inventory, Owner, RoomMemory } from '../contract/cluster.ts';
import type { MemberId, RoomId } from '../contract/ids.ts';
import type { StoredRoom } from '../contract/room-settings.ts';

/** Order of owners: by epoch, then by id. Negative when `a` is older. */
export function compareOwners(a: Owner, b: Owner): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** The word of an owner. */
interface Told<R> {
  owner: Owner;
  records: R;
}

type Remembered = { [K in keyof RoomMemory]?: Told<NonNullable<RoomMemory[K]>> | undefined };

/** What was told later, by the newer owner. */
function newest<R extends { revision: number }>(
  known: Told<R> | undefined,
  owner: Owner,
  records: R | undefined,
): Told<R> | undefined {
  if (records === undefined) return known;
  const newer = known === undefined ? 1 : compareOwners(owner, known.owner);
  return newer > 0 || records.revision > (known?.records.revision ?? 0) ? { owner, records } : known;
}

/** Rooms remembered at most; the ones heard of longest ago are forgotten first. */
const limit = 10_000;

/** The newest owner seen of each room. An owner that was suspended and wakes up is refused with it everywhere. */
export class Owners {
  readonly #newest = new Map<RoomId, Owner>();
  /** Settings of rooms that have some in the store, as their owners told. */
  readonly #stored = new Map<RoomId, StoredRoom>();
  /** What else is to be remembered of rooms, and whose word that is. */
  readonly #remembered = new Map<RoomId, Remembered>();
  readonly #listeners = new Set<(room: RoomId) => void>();

  /** Calls back when a newer owner of a room is seen than the one known until then. Returns what ends it. */
  onSuccession(listener: (room: RoomId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(room: RoomId): Owner | undefined {
    return this.#newest.get(room);
  }

  /** What the store says of a room, as its newest owner told last. */
  stored(room: RoomId): StoredRoom | undefined {
    return this.#stored.get(room);
  }

  /** Rooms whose newest owner is this one, as far as is known. */
  ownedBy(member: MemberId): RoomId[] {
    return [...this.#newest].filter(([, { id }]) => id === member).map(([room]) => room);
  }

  /** Part of an inventory: the newest owner, what the store says of the room and what else owners told last. */
  memory(room: RoomId): Pick<Inventory, 'owner' | 'stored' | keyof RoomMemory> {
    const owner = this.#newest.get(room);
    const stored = this.#stored.get(room);
    const { views, outside } = this.#remembered.get(room) ?? {};
    return {
      ...(owner === undefined ? {} : { owner }),
      ...(stored === undefined ? {} : { stored }),
      ...(views === undefined ? {} : { views: views.records }),
      ...(outside === undefined ? {} : { outside: outside.records }),
    };
  }

  /**
   * An owner tells what is to be remembered of its room. What overtook it on the way stands.
   * @throws PorticoError `stale_owner` when a newer owner is known.
   */
  remember(room: RoomId, owner: Owner, { views, outside }: RoomMemory): void {
    this.accept(room, owner);
    const known = this.#remembered.get(room) ?? {};
    this.#remembered.set(room, {
      views: newest(known.views, owner, views),
      outside: newest(known.outside, owner, outside),
    });
  }

  /**
   * An owner makes itself and the settings of its room known.
   * @param stored undefined: the room has none; what was told before is forgotten
   * @throws PorticoError `stale_owner` when a newer owner is known.
   */
  announced(room: RoomId, owner: Owner, stored: StoredRoom | undefined): void {
    this.accept(room, owner);
    if (stored === undefined) this.#stored.delete(room);
    else this.#stored.set(room, stored);
  }

  /**
   * Notes who speaks for a room.
   * @throws PorticoError `stale_owner` when a newer owner is known.
   */
  accept(room: RoomId, owner: Owner): void {
    const newest = this.#newest.get(room);
    const order = newest === undefined ? 1 : compareOwners(owner, newest);
    if (order < 0) {
      throw new PorticoError(
        'stale_owner',
        `owner ${owner.id} of room '${room}' was succeeded by ${newest?.id ?? ''}`,
      );
    }
    this.#newest.delete(room);
    this.#newest.set(room, order > 0 || newest === undefined ? owner : newest);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > limit && oldest !== undefined) this.forget(oldest);
    if (order > 0 && newest !== undefined) for (const listener of this.#listeners) listener(room);
  }

  /** Forgets a room that this process has nothing left of. */
  forget(room: RoomId): void {
    this.#newest.delete(room);
    this.#stored.delete(room);
    this.#remembered.delete(room);
  }
}
