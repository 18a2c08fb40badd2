import type { Member } from '../common/cluster/membership.ts';
import type { Inventory } from '../common/contract/cluster.ts';
import type { MemberId, RoomId } from '../common/contract/ids.ts';
import { pause } from '../common/lifecycle/wait.ts';
import type { Inventories } from './inventories.ts';

/**
 * What the members know of one room. Each member is asked once; whoever answers late, or turns up later, is heard, too.
 */
export class Census {
  readonly #room: RoomId;
  readonly #inventories: Inventories;
  readonly #self: MemberId;
  readonly #asked = new Map<MemberId, Promise<void>>();
  #deliver: (inventory: Inventory) => void = () => undefined;
  #stopListening: (() => void) | undefined;
  #stopped = false;

  constructor(room: RoomId, inventories: Inventories) {
    this.#room = room;
    this.#inventories = inventories;
    this.#self = inventories.membership.id;
  }

  /** Asks everybody, and waits at most `waitMs` for the answers. */
  async take(waitMs: number): Promise<Inventory[]> {
    const known: Inventory[] = [];
    this.#deliver = (inventory) => known.push(inventory);
    for (const member of this.#inventories.members()) void this.hear(member);
    const limit = new AbortController();
    await Promise.race([this.#complete(limit.signal), pause(waitMs, limit.signal)]);
    limit.abort();
    return known;
  }

  /** From now on what comes goes to `deliver`; members that turn up within `windowMs` are asked. */
  follow(deliver: (inventory: Inventory) => void, windowMs: number): void {
    this.#deliver = deliver;
    const { membership } = this.#inventories;
    const onJoined = ({ id }: Member) => void this.hear(id);
    const timer = setTimeout(() => this.#stopListening?.(), windowMs);
    this.#stopListening = () => {
      clearTimeout(timer);
      membership.off('joined', onJoined);
    };
    membership.on('joined', onJoined);
  }

  /** Resolves when what this member knows has been taken in, or it does not answer; asks it when nobody has. */
  async hear(member: MemberId): Promise<void> {
    if (member === this.#self) return;
    let asked = this.#asked.get(member);
    if (asked === undefined) {
      asked = this.#ask(member);
      this.#asked.set(member, asked);
    }
    await asked;
  }

  /** Asks a member again that was thought gone. */
  async hearAgain(member: MemberId): Promise<void> {
    this.#asked.delete(member);
    await this.hear(member);
  }

  /** The same for a member that has been asked; others are not waited for. */
  async heard(member: MemberId): Promise<void> {
    await this.#asked.get(member);
  }

  /** Nothing is delivered from now on. */
  stop(): void {
    this.#stopped = true;
    this.#stopListening?.();
  }

  async #ask(member: MemberId): Promise<void> {
    const inventory = await this.#inventories.ask(member, this.#room);
    if (inventory === undefined || this.#stopped) return;
    this.#deliver(inventory);
    // A process that has just started may not have heard of all members yet, but these know each other.
    for (const named of namedIn(inventory)) void this.hear(named);
  }

  /** Resolves when all who were asked have answered, those included who were asked meanwhile. */
  async #complete(signal: AbortSignal): Promise<void> {
    for (let asked = 0; asked < this.#asked.size && !signal.aborted;) {
      asked = this.#asked.size;
      await Promise.all(this.#asked.values());
    }
  }
}

/** Portals and agents that an inventory names. */
function namedIn({ participants, seats, subscriptions }: Inventory): Set<MemberId> {
  const named = new Set<MemberId>();
  for (const { agent } of participants) if (agent !== undefined) named.add(agent);
  for (const { portal } of seats) named.add(portal);
  for (const { tracks } of subscriptions) for (const { origin } of tracks) named.add(origin.agent);
  return named;
}
