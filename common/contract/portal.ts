import { z } from 'zod';
import { ParticipantId, RoomId } from './ids.ts';
import { Notification } from './client.ts';
import { Owner } from './cluster.ts';
import { method } from './rpc.ts';

const Done = z.object({});

/** One entry of a room's log. `seq` null: not kept, may be lost (speaking). */
export const LogEntry = z.object({
  seq: z.number().int().nullable(),
  to: z.union([z.literal('all'), z.array(ParticipantId)]),
  /** Participants left out of `all`. */
  except: z.array(ParticipantId).optional(),
  event: Notification,
});
export type LogEntry = z.infer<typeof LogEntry>;

/** Served by portals at `member.<id>`, besides the member contract. */
export const portalContract = {
  'room.deliver': method(
    'Entries of the room log, in order, for the participants of this portal.',
    z.object({ room: RoomId, owner: Owner, entries: z.array(LogEntry).min(1) }),
    Done,
  ),
  'participant.drop': method(
    'The participant was removed: tell it and close its connection.',
    z.object({
      room: RoomId,
      owner: Owner,
      participant: ParticipantId,
      reason: z.enum(['dropped', 'room_closed', 'shutdown']),
    }),
    Done,
  ),
  'participant.hint': method(
    'Sent by an access agent: a transient notification for one participant.',
    z.object({ room: RoomId, participant: ParticipantId, event: Notification }),
    Done,
  ),
} as const;
export type PortalContract = typeof portalContract;
