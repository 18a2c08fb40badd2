import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import { OwnerReports } from '../common/cluster/owner-reports.ts';
import type { Prober } from '../common/cluster/prober.ts';
import { roomContract, type RoomContract } from '../common/contract/conference.ts';
import { roomAddress, type RoomId } from '../common/contract/ids.ts';
import type { z } from 'zod';
import type { Logger } from '../common/observe/log.ts';

/** A room that nobody has owned for so long will not come back, ms. */
const usualOrphanMs = 30_000;

/** What this agent says to owners of rooms. */
type Report = 'mixEnded' | 'egressChanged' | 'ingressChanged';

interface Room {
  readonly reports: OwnerReports;
  readonly ties: Set<RoomTie>;
  readonly unwatch: () => void;
}

/** What something that this agent does for a room has to do with the owner of the room. */
export interface RoomTie {
  /** Tells the owner, in order with all else that this agent reports of the room. */
  report: <M extends Report>(method: M, params: z.input<RoomContract[M]['input']>) => void;
  /** Resolves when all reports of the room were heard or given up. */
  reported: () => Promise<void>;
  release: () => void;
}

export interface RoomTiesOptions {
  bus: Bus;
  prober: Prober;
  log: Logger;
  orphanMs?: number | undefined;
}

/** The rooms that this agent does something for: their owners are told, and watched. */
export class RoomTies {
  readonly #options: RoomTiesOptions;
  readonly #owners: Caller<RoomContract>;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #orphaned = new Map<RoomTie, () => void>();

  constructor(options: RoomTiesOptions) {
    this.#options = options;
    this.#owners = new Caller(options.bus, roomContract);
  }

  /**
   * Something is about to be done for a room.
   * @param onOrphaned nobody has owned the room for a while; told again each time that this is found
   */
  tie(id: RoomId, onOrphaned: () => void): RoomTie {
    const room = this.#rooms.get(id) ?? this.#open(id);
    const tie: RoomTie = {
      report: (method, params) => {
        room.reports.report(method, (options) => this.#owners.call(roomAddress(id), method, params, options));
      },
      reported: () => room.reports.idle(),
      release: () => {
        this.#orphaned.delete(tie);
        if (!room.ties.delete(tie) || room.ties.size > 0) return;
        room.unwatch();
        this.#rooms.delete(id);
      },
    };
    room.ties.add(tie);
    this.#orphaned.set(tie, onOrphaned);
    return tie;
  }

  #open(id: RoomId): Room {
    const { prober, log, orphanMs = usualOrphanMs } = this.#options;
    const ties = new Set<RoomTie>();
    const onGone = () => {
      for (const tie of ties) this.#orphaned.get(tie)?.();
    };
    const unwatch = prober.watch(roomAddress(id), onGone, orphanMs);
    const room = { reports: new OwnerReports(id, log), ties, unwatch };
    this.#rooms.set(id, room);
    return room;
  }
}
