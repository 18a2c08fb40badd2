import { z } from 'zod';
import { EgressOrigin, EgressState, EgressStatus } from '../../common/contract/egress.ts';
import { EgressId, MemberId, StreamId } from '../../common/contract/ids.ts';
import { Format, TrackStatus, VideoParameters } from '../../common/contract/media.ts';

/* What recordings and live streams out have in common when they are shown: OWT's fields (7.3), then ours. */

const track = {
  from: StreamId.describe('The stream that is taken.'),
  format: Format.optional().describe('As asked for, else as it comes.'),
  status: TrackStatus.describe('`inactive`: paused, or muted by its publisher.'),
};
const none = z.literal(false).describe('There is none.');

/** What is recorded or sent. */
export const ShownMedia = z.object({
  audio: z.union([z.object(track), none]),
  video: z.union([z.object({ ...track, parameters: VideoParameters.optional() }), none]),
});
export type ShownMedia = z.infer<typeof ShownMedia>;

const { shape } = EgressState;

/** How it does. */
const progress = {
  status: EgressStatus.describe(
    'connecting: nothing is written or sent yet · live · retrying: the far end is gone, it is tried again · ' +
      'finalising: files are being made seekable · ended · failed: `error` says why.',
  ),
  error: shape.error.describe('Why it failed or is being tried again.'),
  part: shape.part.describe('1, and one more each time that it began anew because its agent was lost.'),
  durationMs: shape.durationMs.describe('Media time written or sent by this part.'),
  bytes: shape.bytes.describe('Written or sent by this part.'),
  bitrate: shape.bitrate.describe('bits/s, over about the last second.'),
  dropped: shape.dropped.describe('Pictures that were left out or never came.'),
  reconnects: shape.reconnects.describe('Times that a connection was made anew.'),
  startedAt: z.number().describe('When it was asked for, ms since 1970.'),
  startedBy: EgressOrigin.describe('Who asked for it; `room`: its setting `autoRecord`.'),
  agent: MemberId.optional().describe('The mixer agent that does it; absent while one is looked for.'),
};

export const common = { id: EgressId, media: ShownMedia, ...progress };
