import type { Owner } from '../../common/contract/cluster.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { LogEntry } from '../../common/contract/portal.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import type { PortalMetrics } from '../metrics.ts';
import { toOwt } from '../signalling/owt-notification.ts';
import type { Outlet } from '../signalling/wire.ts';
import type { Attendee, Stamped } from './attendee.ts';
import type { RoomRecord, Roster } from './roster.ts';

export interface DeliveryOptions {
  roster: Roster;
  owners: Owners;
  outlet: Outlet;
  metrics: PortalMetrics;
}

/** Brings what the owner of a room says to its participants, in order, each at most once. */
export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Entries of a room's log.
   * @throws PorticoError `stale_owner` when the room has a newer owner.
   */
  deliver(room: RoomId, owner: Owner, entries: readonly LogEntry[]): void {
    this.#options.owners.accept(room, owner);
    const record = this.#options.roster.get(room);
    if (record === undefined) return;
    for (const entry of entries) {
      if (entry.seq !== null) record.seq = Math.max(record.seq, entry.seq);
      const stamped = { epoch: owner.epoch, entry };
      for (const attendee of record.joining) if (isFor(entry, attendee)) attendee.hold(stamped);
      this.#fanOut(stamped, joinedTargets(record, entry));
    }
  }

  /** What was held for a participant while its login was answered. */
  release(attendee: Attendee): void {
    for (const stamped of attendee.release()) this.#fanOut(stamped, [attendee]);
  }

  /** A transient notification for one participant. */
  hint(attendee: Attendee, event: LogEntry['event']): void {
    this.#fanOut({ epoch: attendee.cursor.epoch, entry: { seq: null, to: 'all', event } }, [attendee]);
  }

  /**
   * Almost all native clients of a room have seen the same previous entry, so one encoding serves them; those who
   * have not are a group of their own.
   */
  #fanOut(stamped: Stamped, targets: Iterable<Attendee>): void {
    const { epoch } = stamped;
    const { seq, event } = stamped.entry;
    const owt: string[] = [];
    const native = new Map<number, string[]>();
    for (const attendee of targets) {
      if (attendee.hold(stamped)) continue;
      const prev = seq === null ? -1 : attendee.advance({ epoch, seq });
      if (prev === undefined) continue;
      if (!attendee.native) owt.push(attendee.connection.id);
      else append(native, prev, attendee.connection.id);
    }
    for (const [prev, connections] of native) {
      const args = seq === null ? [event.data] : [event.data, { epoch, seq, prev }];
      this.#send(connections, { name: event.name, args });
    }
    const translated = owt.length === 0 ? undefined : toOwt(event);
    if (translated !== undefined) this.#send(owt, translated);
  }

  #send(connections: readonly string[], event: Parameters<Outlet['send']>[1]): void {
    this.#options.outlet.send(connections, event);
    this.#options.metrics.notified(event.name, connections.length);
  }
}

function append(groups: Map<number, string[]>, key: number, value: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}

function isFor({ to, except }: LogEntry, { id }: Attendee): boolean {
  return to === 'all' ? except?.includes(id) !== true : to.includes(id);
}

function* joinedTargets(record: RoomRecord, { to, except }: LogEntry): Iterable<Attendee> {
  if (to === 'all') {
    for (const attendee of record.attendees.values()) {
      if (except?.includes(attendee.id) !== true) yield attendee;
    }
    return;
  }
  for (const id of new Set(to)) {
    const attendee = record.attendees.get(id);
    if (attendee !== undefined) yield attendee;
  }
}
