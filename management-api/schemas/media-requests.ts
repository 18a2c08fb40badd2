import { z } from 'zod';
import { StreamId, TrackId } from '../../common/contract/ids.ts';
import { TrackStatus } from '../../common/contract/media.ts';
import { AudioFormat, VideoFormat } from '../../common/contract/room-settings.ts';

/* What requests say of media that is recorded, sent or analysed (OWT 7.3 to 7.5). */

const framerate = z.literal([6, 12, 15, 24, 30, 48, 60]);
const keyFrameInterval = z.literal([1, 2, 5, 30, 100]);
const bitrate = z.union([z.enum(['x0.8', 'x0.6', 'x0.4', 'x0.2']), z.number().positive()]);
const resolution = z.strictObject({ width: z.int().min(16).max(7680), height: z.int().min(16).max(4320) });

const from = z
  .union([StreamId, TrackId])
  .describe('Id of a stream, forward or mixed, or of one of its tracks.');

/** Which sound and which picture, and how. */
export const MediaSubscription = z
  .strictObject({
    audio: z.union([
      z.strictObject({ from, format: AudioFormat.optional() }),
      z.literal(false).describe('No sound.'),
    ]),
    video: z.union([
      z.strictObject({
        from,
        format: VideoFormat.optional(),
        parameters: z
          .strictObject({
            resolution: resolution.optional(),
            framerate: framerate.optional(),
            bitrate: bitrate.optional().describe('kbit/s, or a factor of what is usual.'),
            keyFrameInterval: keyFrameInterval.optional().describe('Seconds.'),
          })
          .optional(),
      }),
      z.literal(false).describe('No picture.'),
    ]),
  })
  .describe('Which sound and which picture; both must be said.');
export type MediaSubscription = z.infer<typeof MediaSubscription>;

/** Body of `POST analytics`. */
export const AnalyticsCreation = z
  .strictObject({ algorithm: z.string().min(1).max(100), media: MediaSubscription })
  .describe('An analysis to be made.');

const replace = <P extends z.ZodType, V extends z.ZodType>(path: P, value: V) =>
  z.strictObject({ op: z.literal('replace'), path, value });

/** Body of `PATCH streaming-outs/{id}`, `PATCH recordings/{id}`. */
export const MediaSubscriptionPatch = z
  .array(
    z.union([
      replace(z.enum(['/media/audio/from', '/media/video/from']), from),
      replace(z.enum(['/media/audio/status', '/media/video/status']), TrackStatus),
      replace(z.literal('/media/video/parameters/resolution'), resolution),
      replace(z.literal('/media/video/parameters/framerate'), framerate),
      replace(z.literal('/media/video/parameters/bitrate'), bitrate),
      replace(z.literal('/media/video/parameters/keyFrameInterval'), keyFrameInterval),
    ]),
  )
  .min(1)
  .max(20)
  .describe('JSON patch of what is sent or recorded; all of it is done, or nothing.');
export type MediaSubscriptionPatch = z.infer<typeof MediaSubscriptionPatch>;

/** Body of `POST sipcalls`. */
export const SipCallCreation = z
  .strictObject({
    peerURI: z.string().min(1).max(500),
    mediaIn: z.strictObject({ audio: z.boolean(), video: z.boolean() }),
    mediaOut: MediaSubscription,
  })
  .describe('A call to be made.');

/** Body of `PATCH sipcalls/{id}`. */
export const SipCallPatch = z
  .array(
    z.strictObject({
      op: z.literal('replace'),
      path: z
        .string()
        .max(200)
        .regex(/^\/output\/media\//, 'must begin with /output/media/'),
      value: z.unknown(),
    }),
  )
  .min(1)
  .max(20)
  .describe('JSON patch of what is sent to the peer.');

/** Body of `POST cascading`. */
export const CascadingCreation = z
  .record(z.string().max(100), z.unknown())
  .describe('A bridge to another cluster to be made.');
