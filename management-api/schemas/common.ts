import { z } from 'zod';

/** What stands in a path where a room is meant; whether there is such a room is said by 404. */
export const RoomParams = z.object({ room: z.string().describe('Id of the room.') });
export const ParticipantParams = RoomParams.extend({
  participant: z.string().describe('Id of the participant.'),
});
export const StreamParams = RoomParams.extend({ stream: z.string().describe('Id of the stream.') });
export const PartParams = RoomParams.extend({ id: z.string().describe('Id of the thing.') });
export const IdParams = z.object({ id: z.string().describe('Id of the thing.') });

/** Numbers in a query are text. */
const queryNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

/** A part of a list; the answer's `Link` header names the next one. */
export const PageQuery = z.object({
  limit: queryNumber(1, 1_000)
    .optional()
    .describe('How many entries, 1 to 1000; 100 when absent. `Link: <...>; rel="next"` leads on.'),
  after: z.string().max(500).optional().describe('Where to go on; stands in the `Link` header.'),
});
export type PageQuery = z.output<typeof PageQuery>;

/** Pages as the protocol of Open WebRTC Toolkit counts them. */
export const NumberedPageQuery = z.object({
  page: queryNumber(1, 1_000_000).optional().describe('Number of the page, from 1 on.'),
  per_page: queryNumber(1, 1_000).optional().describe('Entries of a page, 1 to 1000; 100 when absent.'),
});

/** Answer of an operation that has nothing to tell. */
export const Empty = z.literal('').describe('Nothing.');

/** An error (RFC 9457), with the number that clients of Open WebRTC Toolkit know. */
export const Problem = z
  .object({
    type: z.string().describe('URI of the kind of problem: `about:blank#<code>`.'),
    title: z.string().describe('The kind of problem in a sentence.'),
    status: z.int().describe('HTTP status.'),
    detail: z.string().describe('What went wrong this time.'),
    code: z.string().describe('Code of the error; the list is closed.'),
    field: z.string().optional().describe('The part of the request that is not acceptable.'),
    retryAfterMs: z.number().optional().describe('When the same request may succeed, ms from now.'),
    error: z
      .object({ code: z.int().describe('Number of the error (OWT).'), message: z.string() })
      .describe('The same for clients of Open WebRTC Toolkit.'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });
export type Problem = z.infer<typeof Problem>;
