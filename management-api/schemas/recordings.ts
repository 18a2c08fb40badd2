import { z } from 'zod';
import { Container, RecordingFile } from '../../common/contract/egress.ts';
import { EgressId, MemberId } from '../../common/contract/ids.ts';
import { EgressEndReason } from '../../common/contract/mixing.ts';
import { common } from './egresses.ts';
import { MediaSubscription } from './media-requests.ts';

/** Body of `POST recordings`. */
export const RecordingCreation = z
  .strictObject({
    container: Container.default('auto').describe(
      'Kind of file. `auto`: mp4 when it can carry sound and picture as they are and the picture is H.264, else mkv.',
    ),
    media: MediaSubscription,
  })
  .describe('A recording to be made.');
export type RecordingCreation = z.input<typeof RecordingCreation>;

const Storage = z
  .object({
    host: z.string().describe('The mixer agent that has the file.'),
    file: z.string().describe('Name of the (last) file in its folder of recordings.'),
  })
  .describe('Where it is (OWT).');

/** A recording that runs. */
export const Recording = z
  .object({
    ...common,
    storage: Storage,
    container: Container,
    files: z.array(RecordingFile).describe('Its files so far.'),
  })
  .meta({
    id: 'Recording',
    description: 'A recording that runs, or whose files are being finished (`finalising`).',
  });
export type Recording = z.infer<typeof Recording>;

/** A recording that is over. */
export const EndedRecording = z
  .object({
    id: EgressId,
    status: z.literal('ended'),
    storage: Storage,
    startedAt: z.number().describe('ms since 1970.'),
    endedAt: z.number().describe('ms since 1970.'),
    reason: EgressEndReason.describe('Why it ended.'),
    durationMs: z.number().describe('Of all its files.'),
    bytes: z.number().describe('Of all its files.'),
    files: z.array(
      RecordingFile.extend({ agents: z.array(MemberId).describe('Mixer agents that have the file.') }),
    ),
  })
  .meta({ id: 'EndedRecording', description: 'A recording that is over, with its files.' });
export type EndedRecording = z.infer<typeof EndedRecording>;

export const AnyRecording = z.union([Recording, EndedRecording]);

export const RecordingListQuery = z.object({
  ended: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: recordings that are over, newest first, as far as mixer agents have them.'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .optional()
    .describe('How many of those that are over, 1 to 1000; 100 when absent.'),
});
