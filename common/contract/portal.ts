import { z } from 'zod';
import { ParticipantId, RoomId } from './ids.ts';
import { Cursor, Notification } from './client.ts';
import { Owner, ParticipantRecord } from './cluster.ts';
import { LogEntry, StampedEntry } from './log.ts';
import { method } from './rpc.ts';

const Done = z.object({});

/** Served by portals at `member.<id>`, besides the member contract. */
export const portalContract = {
  'room.deliver': method(
    'Entries of the room log, in order, for the participants of this portal.',
    z.object({
      room: RoomId,
      owner: Owner,
      /** Number of the last entry that this owner sent to this portal before; null: these are the first ones. */
      after: z.number().int().nullable(),
      entries: z.array(LogEntry).min(1),
    }),
    Done,
  ),
  'participant.release': method(
    'The participant has come back on another portal: close its connection quietly, hand over what it was not told.',
    z.object({ room: RoomId, owner: Owner, participant: ParticipantId, cursor: Cursor.optional() }),
    z.object({
      /** Whether `entries` is all that there is after the cursor. */
      complete: z.boolean(),
      entries: z.array(StampedEntry),
    }),
  ),
  'participant.drop': method(
    'The participant was removed: tell it and close its connection.',
    z.object({
      room: RoomId,
      owner: Owner,
      participant: ParticipantId,
      reason: z.enum(['dropped', 'room_closed', 'shutdown', 'reconnect_timeout']),
    }),
    Done,
  ),
  'participant.update': method(
    'The permission of a participant has changed: keep the record, tell the client.',
    z.object({ room: RoomId, owner: Owner, record: ParticipantRecord }),
    Done,
  ),
  'participant.hint': method(
    'Sent by an access agent: a transient notification for one participant.',
    z.object({ room: RoomId, participant: ParticipantId, event: Notification }),
    Done,
  ),
} as const;
export type PortalContract = typeof portalContract;
