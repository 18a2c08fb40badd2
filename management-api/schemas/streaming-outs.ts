import { z } from 'zod';
import { LiveProtocol } from '../../common/contract/egress.ts';
import { common } from './egresses.ts';
import { MediaSubscription } from './media-requests.ts';

const segment = z.number().min(0.5).max(60);
const segments = z.int().min(0).max(100_000);

/** Body of `POST streaming-outs`. */
export const StreamingOutCreation = z
  .strictObject({
    protocol: LiveProtocol.optional().describe('Guessed from the URL when absent.'),
    url: z
      .string()
      .min(1)
      .max(2_000)
      .optional()
      .describe('Where it is sent. Without one, hls and dash are served from here: `url` of the answer.'),
    parameters: z
      .strictObject({
        method: z.enum(['PUT', 'POST']).optional().describe('Of hls and dash to a URL; PUT when absent.'),
        hlsTime: segment.optional().describe('Length of a segment, seconds; 2 when absent.'),
        hlsListSize: segments.optional().describe('Segments in the playlist, 0 for all; 5 when absent.'),
        dashSegDuration: segment.optional().describe('Length of a segment, seconds; 2 when absent.'),
        dashWindowSize: segments.optional().describe('Segments in the manifest, 0 for all; 5 when absent.'),
      })
      .optional(),
    media: MediaSubscription,
  })
  .describe('A stream to be sent to a URL, or served from here.');
export type StreamingOutCreation = z.infer<typeof StreamingOutCreation>;

/** A live stream that runs. */
export const StreamingOut = z
  .object({
    ...common,
    url: z
      .string()
      .describe(
        'Where it is sent, passwords and keys hidden; or where it can be played; empty when not known yet.',
      ),
    protocol: LiveProtocol,
  })
  .meta({ id: 'StreamingOut', description: 'A live stream out of a room.' });
export type StreamingOut = z.infer<typeof StreamingOut>;
