import type { Bus, Service } from '../../common/bus/bus.ts';
import { serveContract } from '../../common/bus/contract.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import { memberContract, type Inventory } from '../../common/contract/cluster.ts';
import { memberAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import { portalContract } from '../../common/contract/portal.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Delivery } from './delivery.ts';
import type { Roster } from './roster.ts';

export interface MemberServiceOptions {
  bus: Bus;
  portal: MemberId;
  roster: Roster;
  owners: Owners;
  delivery: Delivery;
  log: Logger;
}

/** Serves what room owners and agents ask of this portal. */
export function serveMember(options: MemberServiceOptions): Promise<Service> {
  const { bus, portal, roster, owners, delivery, log } = options;
  const handler = serveContract(
    { ...memberContract, ...portalContract },
    {
      'room.inventory': ({ room }) => inventory(options, room),
      'room.owner': ({ room, owner }) => {
        owners.accept(room, owner);
        roster.touch(room);
        return {};
      },
      'room.deliver': ({ room, owner, entries }) => {
        delivery.deliver(room, owner, entries);
        return {};
      },
      'participant.drop': ({ room, owner, participant, reason }) => {
        owners.accept(room, owner);
        const attendee = roster.find(room, participant);
        if (attendee === undefined) return {};
        log.info({ room, participant, reason }, 'participant dropped');
        roster.remove(attendee);
        attendee.connection.drop(reason);
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

/** All this portal knows of a room; nothing of it is an answer, too. */
function inventory({ portal, roster, owners }: MemberServiceOptions, room: RoomId): Inventory {
  const record = roster.get(room);
  const owner = owners.get(room);
  const nowS = Date.now() / 1000;
  return {
    member: portal,
    role: 'portal',
    ...(owner === undefined ? {} : { owner }),
    ...(record === undefined || record.seq < 0 ? {} : { seq: record.seq }),
    participants: [...(record?.attendees.values() ?? [])].flatMap(({ record: known }) => known ?? []),
    seats: [],
    publications: [],
    subscriptions: [],
    usedTokens: [...(record?.tokens.values() ?? [])].filter(({ exp }) => exp > nowS),
  };
}
