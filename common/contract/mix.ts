import { z } from 'zod';
import { ParticipantId, ProducerId, RouterId, StreamId, TrackId } from './ids.ts';
import { Layout } from './layout.ts';
import { Format, TrackLayers, VideoParameters } from './media.ts';
import { Origin } from './origin.ts';
import { VideoFormat, ViewLabel } from './room-settings.ts';

/* What a mix is: told whole, by the owner of the room to a mixer agent. */

const MixTrack = z.object({
  id: TrackId,
  /** Muted: nothing is expected of it. */
  paused: z.boolean(),
  /** Where it enters; absent while its publisher is about to publish it again. */
  origin: Origin.optional(),
  /** As announced by its publisher. */
  parameters: VideoParameters.optional(),
  layers: TrackLayers.optional(),
});

/** A forward stream that is mixed in. */
export const MixInput = z.object({
  stream: StreamId,
  participant: ParticipantId,
  /** Shown in its region. */
  name: z.string().max(256),
  audio: MixTrack.optional(),
  video: MixTrack.optional(),
});
export type MixInput = z.infer<typeof MixInput>;

const Size = z.object({ width: z.int().min(16), height: z.int().min(16) });

/** Name of a video output of a mix; `main` is the one that the view is configured with. */
const VideoOutputKey = z.string().min(1).max(100);

/** One encoding of the picture. */
export const VideoOutput = z.object({
  key: VideoOutputKey,
  resolution: Size,
  /** Frames per second, at most that of the view. */
  framerate: z.number().positive(),
  /** kbit/s. */
  bitrate: z.number().positive(),
  /** Longest time between key frames, s. */
  keyFrameInterval: z.number().positive(),
});
export type VideoOutput = z.infer<typeof VideoOutput>;

/** Who hears an audio output: `common` everybody's sound, a participant's id everybody's but its own. */
export const AudioOutputKey = z.union([z.literal('common'), ParticipantId]);
export type AudioOutputKey = z.infer<typeof AudioOutputKey>;

/** Everything about one mix. */
export const MixSpec = z.object({
  view: ViewLabel,
  /** Id of the mixed stream. */
  stream: StreamId,
  /** Grows with each change; an older one than the last is ignored. */
  revision: z.int().min(1),
  audio: z.boolean(),
  /** Absent: a view without picture. */
  video: z
    .object({
      format: VideoFormat,
      resolution: Size,
      framerate: z.number().positive(),
      background: z.object({ r: z.int(), g: z.int(), b: z.int() }),
      fit: z.enum(['letterbox', 'crop']),
      /** Names in the regions. */
      labels: z.boolean(),
      /** A frame around whoever speaks. */
      speakingMark: z.boolean(),
    })
    .optional(),
  inputs: z.array(MixInput).max(1_000),
  /** Regions with the streams shown there; an input that is in none is only heard. */
  layout: Layout,
  outputs: z.object({ audio: z.array(AudioOutputKey).max(1_000), video: z.array(VideoOutput).max(32) }),
});
export type MixSpec = z.infer<typeof MixSpec>;

/** Where the outputs of a mix can be received: as `Origin`, with the agent that answers. */
export const MixState = z.object({
  revision: z.int(),
  router: RouterId,
  audio: z.array(z.object({ key: AudioOutputKey, producer: ProducerId })),
  video: z.array(z.object({ key: VideoOutputKey, producer: ProducerId, layers: TrackLayers.optional() })),
  formats: z.object({ audio: Format.optional(), video: Format.optional() }),
});
export type MixState = z.infer<typeof MixState>;
