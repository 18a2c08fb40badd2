import { z } from 'zod';
import type { Cursor } from './client.ts';
import { Notification } from './client.ts';
import { ParticipantId } from './ids.ts';

/** One entry of a room's log. `seq` null: not kept, may be lost (speaking). */
export const LogEntry = z.object({
  seq: z.number().int().nullable(),
  to: z.union([z.literal('all'), z.array(ParticipantId)]),
  /** Participants left out of `all`. */
  except: z.array(ParticipantId).optional(),
  event: Notification,
});
export type LogEntry = z.infer<typeof LogEntry>;

/** A numbered entry with the epoch of the owner that wrote it. */
export const StampedEntry = z.object({ epoch: z.number(), entry: LogEntry });
export type StampedEntry = z.infer<typeof StampedEntry>;

/** Whether a position is after another one. */
export function isAfter(position: Cursor, other: Cursor): boolean {
  return position.epoch === other.epoch ? position.seq > other.seq : position.epoch > other.epoch;
}
