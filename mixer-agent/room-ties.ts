import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import { OwnerReports } from '../common/cluster/owner-reports.ts';
import type { Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import { RoomOpener } from '../common/cluster/room-opener.ts';
import { roomContract, type RoomContract } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { roomAddress, type RoomId } from '../common/contract/ids.ts';
import type { z } from 'zod';
import type { Logger } from '../common/observe/log.ts';

/** How long a room has no owner before somebody is asked to open it, ms: usually somebody does so unasked. */
const reviveMs = 1_000;
/** A room that nobody has owned for so long will not come back, ms. */
const usualOrphanMs = 30_000;

/** What this agent says to owners of rooms. */
type Report = 'mixEnded' | 'egressChanged' | 'ingressChanged';

interface Room {
  readonly reports: OwnerReports;
  readonly ties: Set<RoomTie>;
  /** Somebody is being asked to open it. */
  reviving: boolean;
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

/** Something that this agent does for a room. */
export interface Done {
  /** Nobody has owned the room for a while; told again each time that this is found. */
  onOrphaned: () => void;
  /** Whether the room has to go on for it, though nobody may be inside. */
  goesOn: () => boolean;
}

export interface RoomTiesOptions {
  bus: Bus;
  membership: Membership;
  prober: Prober;
  log: Logger;
  orphanMs?: number | undefined;
}

/** The rooms that this agent does something for: their owners are told, and watched. */
export class RoomTies {
  readonly #options: RoomTiesOptions;
  readonly #owners: Caller<RoomContract>;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #opener: RoomOpener;
  readonly #done = new Map<RoomTie, Done>();

  constructor(options: RoomTiesOptions) {
    this.#options = options;
    this.#owners = new Caller(options.bus, roomContract);
    this.#opener = new RoomOpener(options);
  }

  /** Something is about to be done for a room. */
  tie(id: RoomId, done: Done): RoomTie {
    const room = this.#rooms.get(id) ?? this.#open(id);
    const tie: RoomTie = {
      report: (method, params) => {
        room.reports.report(method, (options) => this.#owners.call(roomAddress(id), method, params, options));
      },
      reported: () => room.reports.idle(),
      release: () => {
        this.#done.delete(tie);
        if (!room.ties.delete(tie) || room.ties.size > 0) return;
        room.unwatch();
        this.#rooms.delete(id);
      },
    };
    room.ties.add(tie);
    this.#done.set(tie, done);
    return tie;
  }

  #open(id: RoomId): Room {
    const { prober, log, orphanMs = usualOrphanMs } = this.#options;
    const ties = new Set<RoomTie>();
    const onGone = () => {
      for (const tie of ties) this.#done.get(tie)?.onOrphaned();
    };
    const unwatches = [
      prober.watch(roomAddress(id), onGone, orphanMs),
      prober.watch(roomAddress(id), () => void this.#revive(id, room), reviveMs),
    ];
    const unwatch = () => {
      for (const one of unwatches) one();
    };
    const room: Room = { reports: new OwnerReports(id, log), ties, reviving: false, unwatch };
    this.#rooms.set(id, room);
    return room;
  }

  /** Nobody may be inside who would notice that the room has lost its owner. */
  async #revive(id: RoomId, room: Room): Promise<void> {
    const goesOn = [...room.ties].some((tie) => this.#done.get(tie)?.goesOn() === true);
    if (!goesOn || room.reviving) return;
    room.reviving = true;
    await this.#opener.open(id).catch((error: unknown) => {
      const { code } = PorticoError.from(error);
      this.#options.log.warn({ room: id, code }, 'room without owner not opened');
    });
    room.reviving = false;
  }
}
