import { z } from 'zod';
import { Role } from '../../common/contract/cluster.ts';
import { MemberId } from '../../common/contract/ids.ts';
import { RoomSummary } from '../../common/contract/management.ts';

/** A process of the cluster. */
export const Node = z
  .object({
    id: MemberId,
    role: Role,
    startedAt: z.number().describe('ms since 1970.'),
    load: z.number().describe('0 idle to 1 full.'),
    draining: z.boolean().describe('It is about to end and gets no new work.'),
    url: z.string().optional().describe('Where clients reach it (portals).'),
  })
  .meta({ id: 'Node', description: 'A process of the cluster.' });
export type Node = z.infer<typeof Node>;

export const NodeList = z.array(Node).describe('Processes of the cluster, sorted by role and age.');

export const RunningRoom = RoomSummary.meta({ id: 'RunningRoom', description: 'A room that runs.' });
export type RunningRoom = z.infer<typeof RunningRoom>;

export const RunningRoomList = z.array(RunningRoom).describe('Rooms that run, sorted by id.');
