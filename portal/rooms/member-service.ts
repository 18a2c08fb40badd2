import type { Bus, Service } from '../../common/bus/bus.ts';
import { serveContract } from '../../common/bus/contract.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import { memberContract, type Inventory } from '../../common/contract/cluster.ts';
import { memberAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import type { StampedEntry } from '../../common/contract/log.ts';
import { portalContract } from '../../common/contract/portal.ts';
import type { Rest } from '../../common/room-log/tail.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Attendee } from './attendee.ts';
import type { Delivery } from './delivery.ts';
import type { Intake } from './intake.ts';
import type { RoomClient } from './room-client.ts';
import type { Roster } from './roster.ts';

export interface MemberServiceOptions {
  bus: Bus;
  portal: MemberId;
  roster: Roster;
  owners: Owners;
  rooms: Pick<RoomClient, 'surveyed'>;
  intake: Intake;
  delivery: Delivery;
  /** Whether clients of this portal were told to go to another one. */
  isDraining: () => boolean;
  /** Largest message of the bus, bytes. */
  maxMessageBytes: number;
  log: Logger;
}

/** Serves what room owners and agents ask of this portal. */
export function serveMember(options: MemberServiceOptions): Promise<Service> {
  const { bus, portal, roster, owners, rooms, intake, delivery, isDraining, log } = options;
  const handler = serveContract(
    { ...memberContract, ...portalContract },
    {
      'room.inventory': ({ room }) => {
        rooms.surveyed(room);
        return inventory(options, room);
      },
      'room.owner': ({ room, owner, stored }) => {
        owners.announced(room, owner, stored);
        roster.touch(room);
        return {};
      },
      'room.remember': ({ room, owner, ...memory }) => {
        owners.remember(room, owner, memory);
        return {};
      },
      'room.deliver': ({ room, owner, after, entries }) => {
        intake.deliver(room, owner, after, entries);
        return {};
      },
      'participant.release': ({ room, owner, participant, cursor }) => {
        owners.accept(room, owner);
        const attendee = roster.find(room, participant);
        if (attendee === undefined) return { complete: false, entries: [] };
        const rest = restOf(options, attendee, cursor);
        log.info({ room, participant, count: rest.entries.length }, 'participant moved to another portal');
        roster.remove(attendee);
        attendee.connection?.retire(isDraining() ? 'moved' : 'replaced');
        return rest;
      },
      'participant.drop': ({ room, owner, participant, reason }) => {
        owners.accept(room, owner);
        const attendee = roster.find(room, participant);
        if (attendee === undefined) return {};
        log.info({ room, participant, reason }, 'participant dropped');
        roster.remove(attendee);
        attendee.connection?.drop(reason);
        return {};
      },
      'participant.update': ({ room, owner, record: { id, permission, permittedAt } }) => {
        owners.accept(room, owner);
        const joining = [...(roster.get(room)?.joining ?? [])].find((attendee) => attendee.id === id);
        const attendee = roster.find(room, id) ?? joining;
        if (attendee === undefined) return {};
        attendee.permit(permittedAt === undefined ? { permission } : { permission, permittedAt });
        if (attendee.native) delivery.hint(attendee, { name: 'permission', data: { permission } });
        return {};
      },
      'participant.hint': ({ room, participant, event }) => {
        const attendee = roster.find(room, participant);
        if (attendee !== undefined) delivery.hint(attendee, event);
        return {};
      },
    },
  );
  return bus.serve(memberAddress(portal), handler);
}

/** What another portal has to tell a participant that was here, bounded to what fits into the answer. */
function restOf(
  { roster, maxMessageBytes }: MemberServiceOptions,
  attendee: Attendee,
  cursor = attendee.cursor,
): Rest {
  const feed = roster.get(attendee.room)?.feed;
  if (feed === undefined) return { complete: false, entries: [] };
  const { complete, entries } = attendee.rest(cursor, feed.tail);
  const newest = fitting(entries, maxMessageBytes / 2);
  return { complete: complete && newest.length === entries.length, entries: newest };
}

/** All this portal knows of a room; nothing of it is an answer, too. */
function inventory(
  { portal, roster, owners, maxMessageBytes }: MemberServiceOptions,
  room: RoomId,
): Inventory {
  const record = roster.get(room);
  const nowS = Date.now() / 1000;
  const log = fitting(record?.feed.log() ?? [], maxMessageBytes / 2);
  return {
    member: portal,
    role: 'portal',
    ...owners.memory(room),
    ...(record === undefined || record.seq < 0 ? {} : { seq: record.seq }),
    participants: [...(record?.attendees.values() ?? [])].flatMap(({ record: known }) => known ?? []),
    seats: [],
    publications: [],
    subscriptions: [],
    usedTokens: [...(record?.tokens.values() ?? [])].filter(({ exp }) => exp > nowS),
    ...(log.length === 0 ? {} : { log }),
  };
}

/** The newest entries that are no longer than this together, in order. */
function fitting(entries: readonly StampedEntry[], bytes: number): StampedEntry[] {
  let size = 0;
  const first = entries.findLastIndex((stamped) => {
    size += Buffer.byteLength(JSON.stringify(stamped));
    return size > bytes;
  });
  return entries.slice(first + 1);
}
