import { z } from 'zod';
import { StreamId } from '../../common/contract/ids.ts';
import { Attributes, TrackStatus } from '../../common/contract/media.ts';
import { AudioFormat, VideoFormat } from '../../common/contract/room-settings.ts';

/* Bodies of what asks for a mixer agent: streaming in and out, recordings, analytics (OWT 7.3 to 7.5). */

const framerate = z.literal([6, 12, 15, 24, 30, 48, 60]);
const keyFrameInterval = z.literal([1, 2, 5, 30, 100]);
const bitrate = z.union([z.enum(['x0.8', 'x0.6', 'x0.4', 'x0.2']), z.number().positive()]);
const resolution = z.strictObject({ width: z.int().min(16).max(7680), height: z.int().min(16).max(4320) });

/** Which sound and which picture, and how. */
const MediaSubscription = z
  .strictObject({
    audio: z.union([
      z.strictObject({ from: StreamId, format: AudioFormat.optional() }),
      z.literal(false).describe('No sound.'),
    ]),
    video: z.union([
      z.strictObject({
        from: StreamId,
        format: VideoFormat.optional(),
        parameters: z
          .strictObject({
            resolution: resolution.optional(),
            framerate: framerate.optional(),
            bitrate: bitrate.optional(),
            keyFrameInterval: keyFrameInterval.optional(),
          })
          .optional(),
      }),
      z.literal(false).describe('No picture.'),
    ]),
  })
  .describe('Which sound and which picture; both must be said.');

const choice = z.union([z.literal('auto'), z.boolean()]);

/** Body of `POST streaming-ins`. */
export const StreamingInCreation = z
  .strictObject({
    connection: z.strictObject({
      url: z.string().min(1).max(2_000),
      transportProtocol: z.enum(['tcp', 'udp']).default('tcp'),
      bufferSize: z.int().positive().max(16_777_216).default(8_192).describe('Bytes, for udp.'),
      origin: z
        .strictObject({ isp: z.string().max(100).optional(), region: z.string().max(100).optional() })
        .optional(),
    }),
    media: z.strictObject({ audio: choice, video: choice }),
    attributes: Attributes.optional(),
  })
  .describe('A stream to be taken in from a URL.');

/** Body of `POST streaming-outs`. */
export const StreamingOutCreation = z
  .strictObject({
    protocol: z
      .enum(['rtmp', 'rtsp', 'hls', 'dash'])
      .optional()
      .describe('Guessed from the URL when absent.'),
    url: z.string().min(1).max(2_000),
    parameters: z
      .strictObject({
        method: z.enum(['PUT', 'POST']).optional(),
        hlsTime: z.number().positive().optional().describe('Seconds.'),
        hlsListSize: z.int().positive().optional(),
        dashSegDuration: z.number().positive().optional().describe('Seconds.'),
        dashWindowSize: z.int().positive().optional(),
      })
      .optional(),
    media: MediaSubscription,
  })
  .describe('A stream to be sent to a URL.');

/** Body of `POST recordings`. */
export const RecordingCreation = z
  .strictObject({
    container: z.enum(['mp4', 'mkv', 'ts', 'auto']).default('auto'),
    media: MediaSubscription,
  })
  .describe('A recording to be made.');

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
      replace(z.enum(['/media/audio/from', '/media/video/from']), StreamId),
      replace(z.enum(['/media/audio/status', '/media/video/status']), TrackStatus),
      replace(z.literal('/media/video/parameters/resolution'), resolution),
      replace(z.literal('/media/video/parameters/framerate'), framerate),
      replace(z.literal('/media/video/parameters/bitrate'), bitrate),
      replace(z.literal('/media/video/parameters/keyFrameInterval'), keyFrameInterval),
    ]),
  )
  .min(1)
  .max(20)
  .describe('JSON patch of what is sent or recorded.');

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
