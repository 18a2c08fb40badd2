import { z } from 'zod';
import { PageQuery } from './common.ts';

/** Something that was changed through the API. */
export const AuditEntry = z
  .object({
    id: z.int(),
    at: z.number().describe('ms since 1970.'),
    service: z.string().describe('Who did it.'),
    user: z.string().optional().describe('The user that the service acted for, if it said so.'),
    action: z.string().describe('What was done, e.g. `room.update`.'),
    room: z.string().optional(),
    target: z.string().optional().describe('Id of what was changed.'),
    detail: z.unknown().optional().describe('What else there is to know.'),
  })
  .meta({ id: 'AuditEntry', description: 'Something that was changed through the API.' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditList = z.array(AuditEntry).describe('Changes, newest first.');

export const AuditQuery = PageQuery.extend({
  room: z.string().max(100).optional().describe('Only those of this room.'),
  service: z.string().max(256).optional().describe('Only those of this service; only for the super service.'),
});
