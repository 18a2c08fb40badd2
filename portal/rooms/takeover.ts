import type { Bus } from '../../common/bus/bus.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { rendezvous } from '../../common/cluster/placement.ts';
import type { Prober } from '../../common/cluster/prober.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { roomAddress, type RoomId } from '../../common/contract/ids.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { RoomClient } from './room-client.ts';
import type { Roster } from './roster.ts';

export interface TakeoverOptions {
  bus: Bus;
  membership: Pick<Membership, 'id' | 'members'>;
  prober: Prober;
  rooms: Pick<RoomClient, 'open'>;
  roster: Roster;
  log: Logger;
}

/** Head start of each portal before the next one in line tries, ms. */
const stepMs = 50;

/** Watches the rooms of this portal's participants: one that nobody serves is opened again. */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #watches = new Map<RoomId, () => void>();
  readonly #busy = new Set<RoomId>();
  #closed = false;

  constructor(options: TakeoverOptions) {
    this.#options = options;
    options.roster.on('occupied', this.#watch);
    options.roster.on('vacated', this.#unwatch);
  }

  close(): void {
    this.#closed = true;
    this.#options.roster.off('occupied', this.#watch);
    this.#options.roster.off('vacated', this.#unwatch);
    for (const room of this.#watches.keys()) this.#unwatch(room);
  }

  readonly #watch = (room: RoomId): void => {
    const end = this.#options.prober.watch(roomAddress(room), () => void this.#reopen(room));
    this.#watches.set(room, end);
  };

  readonly #unwatch = (room: RoomId): void => {
    this.#watches.get(room)?.();
    this.#watches.delete(room);
  };

  async #reopen(room: RoomId): Promise<void> {
    if (this.#busy.has(room)) return;
    this.#busy.add(room);
    const { bus, rooms, log } = this.#options;
    try {
      await pause(this.#place(room) * stepMs);
      if (this.#closed || !this.#watches.has(room) || (await bus.probe(roomAddress(room)))) return;
      log.warn({ room }, 'room has no owner');
      await rooms.open(room);
    } catch (error) {
      // The next probe tries again.
      log.warn({ room, code: PorticoError.from(error).code }, 'room not opened');
    } finally {
      this.#busy.delete(room);
    }
  }

  /** Place of this portal in the line for a room: all portals notice at once, one suffices. */
  #place(room: RoomId): number {
    const { membership } = this.#options;
    const self = { id: membership.id, load: 0, draining: false };
    const line = rendezvous(room, [...membership.members('portal'), self]);
    return Math.min(
      line.findIndex(({ id }) => id === membership.id),
      10,
    );
  }
}
