import type { CallContext } from '../../common/bus/bus.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { AgentAdminContract } from '../../common/contract/management.ts';
import type { Handlers } from '../../common/contract/rpc.ts';
import type { RoomHost } from '../room-host.ts';
import type { Revocations } from './revocations.ts';

export interface AgentAdminParts {
  /** Rooms that run here. */
  running: () => readonly RoomHost[];
  /** The same, and those that are just being opened, once they are. */
  coming: () => Promise<readonly RoomHost[]>;
  /** A room that runs here, also one that is just being opened. */
  find: (room: RoomId) => Promise<RoomHost | undefined>;
  revocations: Revocations;
  /** A room was deleted: nobody is to remember what the store said of it. */
  forget: (room: RoomId) => void;
}

/**
 * What a conference agent answers to management. A change may arrive while a room is being opened with what was read before
 * it: such an opening is waited for, then the change is made to the room.
 */
export function agentAdminHandlers(parts: AgentAdminParts): Handlers<AgentAdminContract, CallContext> {
  const { running, coming, find, revocations, forget } = parts;
  return {
    'rooms.list': () => ({ rooms: running().flatMap((host) => host.summary ?? []) }),
    'room.configure': async ({ room, stored }) => {
      const host = await find(room);
      await host?.configure(stored);
      return { hosted: host !== undefined };
    },
    'room.delete': async ({ room }) => {
      const host = await find(room);
      await host?.remove();
      forget(room);
      return { hosted: host !== undefined };
    },
    'tokens.revoke': async ({ revocations: added }) => {
      // First of all: whoever comes in from now on is checked against them.
      revocations.add(added);
      const hosts = await coming();
      const dropped = await Promise.all(hosts.map((host) => host.expelRevoked()));
      return { dropped: dropped.reduce((sum, count) => sum + count, 0) };
    },
  };
}
