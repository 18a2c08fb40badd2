import { z } from 'zod';
import { ProducerId, RouterId, TrackId } from './ids.ts';
import { Format, Kind, TrackLayers, TrackSource, VideoParameters } from './media.ts';

/** A published track as the agent where it enters knows it; `producer` is absent until the client has produced it. */
export const PublishedTrack = z.object({
  id: TrackId,
  type: Kind,
  source: TrackSource.optional(),
  paused: z.boolean(),
  parameters: VideoParameters.optional(),
  producer: ProducerId.optional(),
  router: RouterId.optional(),
  format: Format.optional(),
  layers: TrackLayers.optional(),
});
export type PublishedTrack = z.infer<typeof PublishedTrack>;
