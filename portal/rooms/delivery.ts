import type { Cursor, RoomSnapshot } from '../../common/contract/client.ts';
import type { LogEntry, StampedEntry } from '../../common/contract/log.ts';
import { concerns, positionOf } from '../../common/room-log/tail.ts';
import type { PortalMetrics } from '../metrics.ts';
import { isRepeatable, toOwt } from '../signalling/owt-notification.ts';
import type { OwtProtocol } from '../signalling/owt-stream.ts';
import type { Outgoing, Outlet } from '../signalling/wire.ts';
import type { Attendee } from './attendee.ts';
import { RoomPicture } from './room-picture.ts';
import type { RoomRecord, Roster } from './roster.ts';
import { Trimming } from './trimming.ts';

export interface DeliveryOptions {
  roster: Roster;
  outlet: Outlet;
  metrics: PortalMetrics;
}

/** Brings what the owner of a room says to its participants, in order, each at most once; keeps it until they have it. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #trimming = new Trimming();
  /** What a snapshot means to OWT clients; gone with the entry. */
  readonly #translations = new WeakMap<StampedEntry, LogEntry['event'][]>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  close(): void {
    this.#trimming.close();
  }

  /** An entry of a room's log. */
  pass(record: RoomRecord, stamped: StampedEntry): void {
    const { entry } = stamped;
    if (entry.seq === null) {
      for (const attendee of record.joining) {
        // One that comes back may be on both lists.
        const isNew = record.attendees.get(attendee.id) !== attendee;
        if (isNew && concerns(entry, attendee.id)) attendee.hold(entry.event);
      }
    } else {
      if (!record.feed.add(stamped)) return;
      this.#picture(record, stamped);
      this.#trimming.soon(record);
    }
    this.#fanOut(stamped, joinedTargets(record, entry));
  }

  /** An OWT client joins a room that is like this at a position: from now on snapshots are translated for it. */
  picture(record: RoomRecord, room: RoomSnapshot, position: Cursor): void {
    if (record.picture !== undefined) return;
    record.picture = new RoomPicture(room);
    for (const stamped of record.feed.tail.after(position).entries) this.#picture(record, stamped);
  }

  /**
   * The client has its answer: everything that it was not told goes out, in order.
   * @param back whether it was away, so that what it may not have received is repeated as far as that does no harm
   */
  resume(attendee: Attendee, { back = false } = {}): void {
    const record = this.#options.roster.get(attendee.room);
    if (record === undefined || attendee.connection === undefined) return;
    const { tail } = record.feed;
    if (back && !attendee.native) this.#repeat(attendee, attendee.unsure(tail));
    const transient = attendee.flow();
    const { entries } = attendee.rest(attendee.cursor, tail);
    for (const stamped of entries) this.#fanOut(stamped, [attendee]);
    for (const event of transient) this.hint(attendee, event);
    if (back) this.#options.metrics.replayed(entries.length);
  }

  /** A transient notification for one participant. */
  hint(attendee: Attendee, event: LogEntry['event']): void {
    this.#fanOut({ epoch: 0, entry: { seq: null, to: 'all', event } }, [attendee]);
  }

  /** A transient notification of the portal itself for all its own clients; OWT has none of these. */
  tellAll(event: LogEntry['event']): void {
    const targets = [...this.#options.roster.all()].filter(({ native, flowing }) => native && flowing);
    this.#send(
      targets.flatMap(({ connection }) => connection?.id ?? []),
      { name: event.name, args: [event.data] },
    );
  }

  /** The client has everything up to here. */
  acknowledge(attendee: Attendee, cursor: Cursor): void {
    attendee.acknowledge(cursor);
    this.#trim(attendee);
  }

  /** The client is alive: one that cannot acknowledge has what it was sent a while ago. */
  signOfLife(attendee: Attendee): void {
    if (attendee.native) return;
    attendee.signOfLife();
    this.#trim(attendee);
  }

  #trim(attendee: Attendee): void {
    const record = this.#options.roster.get(attendee.room);
    if (record !== undefined) this.#trimming.soon(record);
  }

  #picture({ picture }: RoomRecord, stamped: StampedEntry): void {
    const { event } = stamped.entry;
    if (picture === undefined) return;
    if (event.name !== 'room') {
      picture.apply(event);
      return;
    }
    this.#translations.set(stamped, picture.become(event.data));
  }

  /**
   * Almost all native clients of a room have seen the same previous entry, so one encoding serves them; those who
   * have not are a group of their own.
   */
  #fanOut(stamped: StampedEntry, targets: Iterable<Attendee>): void {
    const { seq, event } = stamped.entry;
    const position = positionOf(stamped);
    const owt = new Map<OwtProtocol, string[]>();
    const native = new Map<number, string[]>();
    for (const attendee of targets) {
      if (!attendee.flowing || attendee.connection === undefined) {
        if (seq === null) attendee.hold(event);
        continue;
      }
      const prev = seq === null ? -1 : attendee.advance(position);
      if (prev === undefined) continue;
      const { protocol, connection } = attendee;
      if (protocol === 'portico/1') append(native, prev, connection.id);
      else append(owt, protocol, connection.id);
    }
    for (const [prev, connections] of native) {
      const args = seq === null ? [event.data] : [event.data, { ...position, prev }];
      this.#send(connections, { name: event.name, args });
    }
    for (const [protocol, connections] of owt) {
      for (const outgoing of this.#forOwt(stamped, protocol)) this.#send(connections, outgoing);
    }
  }

  #forOwt(stamped: StampedEntry, protocol: OwtProtocol): Outgoing[] {
    const events = this.#translations.get(stamped) ?? [stamped.entry.event];
    return events.flatMap((event) => toOwt(event, protocol) ?? []);
  }

  /** Entries that were sent once, to a client that may not have received them. */
  #repeat({ connection, protocol }: Attendee, entries: readonly StampedEntry[]): void {
    if (connection === undefined || protocol === 'portico/1') return;
    const harmless = entries.filter(({ entry }) => isRepeatable(entry.event));
    for (const stamped of harmless) {
      for (const outgoing of this.#forOwt(stamped, protocol)) this.#send([connection.id], outgoing);
    }
    this.#options.metrics.replayed(harmless.length);
  }

  #send(connections: readonly string[], event: Outgoing): void {
    this.#options.outlet.send(connections, event);
    this.#options.metrics.notified(event.name, connections.length);
  }
}

function append<K>(groups: Map<K, string[]>, key: K, value: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
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
