import { z } from 'zod';
import { StreamId } from '../../common/contract/ids.ts';
import {
  Format,
  ForwardStreamInfo,
  MixedStreamInfo,
  TrackInfo,
  TrackSource,
  TrackStatus,
  VideoParameters,
} from '../../common/contract/media.ts';
import { WantedLayout } from '../../common/contract/layout.ts';
import { ViewLabel } from '../../common/contract/room-settings.ts';

const FormatOptions = z.object({ format: z.array(Format).optional() });

const VideoOptions = FormatOptions.extend({ parameters: TrackInfo.shape.optional.shape.parameters });

const AudioMedia = z
  .object({
    status: TrackStatus.describe('`inactive`: muted for everybody.'),
    source: TrackSource.optional(),
    format: Format,
    optional: FormatOptions.optional().describe('Formats that it can be received in besides.'),
  })
  .describe('The sound of a stream.');

const VideoMedia = z.object({
  status: TrackStatus.describe('`inactive`: muted for everybody.'),
  source: TrackSource.optional(),
  optional: VideoOptions.optional().describe('Formats and sizes that it can be received in besides.'),
});

const VideoMedia10 = VideoMedia.extend({ format: Format, parameters: VideoParameters.optional() }).describe(
  'The picture of a stream.',
);

const VideoMedia11 = VideoMedia.extend({
  original: z
    .array(
      z.object({
        format: Format,
        parameters: VideoParameters.optional(),
        simulcastRid: z.string().optional(),
      }),
    )
    .describe('What is sent; several entries for simulcast.'),
}).describe('The picture of a stream.');

const none = z.literal(false).describe('There is none.');

const mediaOf = <V extends z.ZodType>(video: V) => ({
  id: StreamId,
  media: z.object({ audio: z.union([AudioMedia, none]), video: z.union([video, none]) }),
});

const { shape: forward } = ForwardStreamInfo;
const { shape: mixed } = MixedStreamInfo;

const forwardOf = <V extends z.ZodType>(video: V) =>
  z.object({ ...mediaOf(video), type: forward.type, info: forward.info });
const mixedOf = <V extends z.ZodType>(video: V) =>
  z.object({ ...mediaOf(video), type: mixed.type, info: mixed.info });

/** Streams of views, as v1 and v1.1 show them. */
export const MixedStream10 = mixedOf(VideoMedia10);
export const MixedStream11 = mixedOf(VideoMedia11);

/** A stream as v1 shows it (protocol 1.0 of Open WebRTC Toolkit). */
export const Stream10 = z.discriminatedUnion('type', [forwardOf(VideoMedia10), MixedStream10]).meta({
  id: 'Stream10',
  description: 'A stream, as v1 shows it.',
});
export type Stream10 = z.infer<typeof Stream10>;

/** A stream as v1.1 shows it (protocol 1.1). */
export const Stream11 = z.discriminatedUnion('type', [forwardOf(VideoMedia11), MixedStream11]).meta({
  id: 'Stream11',
  description: 'A stream, as v1.1 shows it.',
});
export type Stream11 = z.infer<typeof Stream11>;

const viewPatch = z
  .strictObject({
    op: z.enum(['add', 'remove']),
    path: z.literal('/info/inViews'),
    value: ViewLabel,
  })
  .describe('Puts a stream into a mix, or takes it out.');

const mutePatch = z
  .strictObject({
    op: z.literal('replace'),
    path: z.enum(['/media/audio/status', '/media/video/status']),
    value: TrackStatus,
  })
  .describe('Mutes (`inactive`) or unmutes for everybody.');

const regionPatch = z
  .strictObject({
    op: z.literal('replace'),
    path: z.string().regex(/^\/info\/layout\/\d{1,3}\/stream$/, 'must be /info/layout/<index>/stream'),
    value: StreamId,
  })
  .describe('Puts a stream into a region of a mix.');

const layoutPatch = z
  .strictObject({
    op: z.literal('replace'),
    path: z.literal('/info/layout'),
    value: WantedLayout,
  })
  .describe('Replaces the layout of a mix.');

/** Body of `PATCH streams/{s}`. */
export const StreamPatch = z
  .array(z.union([mutePatch, viewPatch, layoutPatch, regionPatch]))
  .min(1)
  .max(20)
  .describe('JSON patch of a stream.');
export type StreamPatch = z.infer<typeof StreamPatch>;
