import { z } from 'zod';
import { Container } from './egress.ts';
import { Region, TemplateBase } from './layout.ts';
import { Permission } from './media.ts';

/*
 * The configuration of a room as OWT's management API knows it (OWT 8), without its id. Every field is here; `askedInVain`
 * names those whose engine is not there yet.
 */

const bounded = z.int().min(-1).max(100_000);

/** OWT's names of sizes: `vga` and so on, or a factor of the source (`x1/2`). */
const ResolutionName = z
  .string()
  .regex(/^(x[1-9]\/[1-9]\d?|cif|vga|svga|xga|hvga|qvga|r640x360|sif|hd720p|hd1080p|uhd_4k|r\d+x\d+)$/);

export const AudioFormat = z.strictObject({
  codec: z
    .enum(['opus', 'pcmu', 'pcma', 'g722', 'isac', 'ilbc', 'aac', 'ac3', 'nellymoser'])
    .describe('Name of the codec.'),
  sampleRate: z.int().positive().max(192_000).optional().describe('Hz.'),
  channelNum: z.int().min(1).max(8).optional().describe('1 mono, 2 stereo.'),
});
export type AudioFormat = z.infer<typeof AudioFormat>;

export const VideoFormat = z.strictObject({
  codec: z.enum(['vp8', 'vp9', 'h264', 'h265', 'av1']),
  /** Of H.264: constrained baseline, baseline, main, extended, high. */
  profile: z.enum(['CB', 'B', 'M', 'E', 'H']).optional(),
});
export type VideoFormat = z.infer<typeof VideoFormat>;

const framerates = z.union([
  z.literal(6),
  z.literal(12),
  z.literal(15),
  z.literal(24),
  z.literal(30),
  z.literal(48),
  z.literal(60),
]);
const keyFrameIntervals = z.union([z.literal(1), z.literal(2), z.literal(5), z.literal(30), z.literal(100)]);

const ViewVideo = z.strictObject({
  format: VideoFormat.prefault({ codec: 'vp8' }),
  parameters: z
    .strictObject({
      resolution: z
        .strictObject({ width: z.int().min(16).max(7680), height: z.int().min(16).max(4320) })
        .prefault({ width: 640, height: 480 }),
      framerate: framerates.default(24),
      /** kbit/s; absent: by size and rate. */
      bitrate: z.number().positive().max(100_000).optional(),
      keyFrameInterval: keyFrameIntervals.default(100),
    })
    .prefault({}),
  maxInput: z.int().min(1).max(256).default(16),
  motionFactor: z.number().min(0).max(10).default(0.8),
  bgColor: z
    .strictObject({
      r: z.int().min(0).max(255),
      g: z.int().min(0).max(255),
      b: z.int().min(0).max(255),
    })
    .prefault({ r: 0, g: 0, b: 0 }),
  keepActiveInputPrimary: z.boolean().default(false),
  /** Ours: names in the regions. */
  labels: z.boolean().default(false),
  /** Ours: a frame around whoever speaks. */
  speakingMark: z.boolean().default(false),
  layout: z
    .strictObject({
      fitPolicy: z.enum(['letterbox', 'crop']).default('letterbox'),
      templates: z
        .strictObject({
          base: TemplateBase.default('fluid'),
          custom: z
            .array(z.strictObject({ region: z.array(Region).min(1).max(256) }))
            .max(64)
            .default([]),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** Name of a view; part of the id of its stream. */
export const ViewLabel = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[0-9A-Za-z_-]+$/, 'may contain only letters, digits, _ and -');

/** One mix of a room. */
export const View = z.strictObject({
  label: ViewLabel.describe('Name of the view; its stream is <room>-<label>.'),
  audio: z
    .strictObject({
      format: AudioFormat.prefault({ codec: 'opus', sampleRate: 48000, channelNum: 2 }).describe(
        'How its sound is sent; mixes have opus.',
      ),
      vad: z.boolean().default(true).describe('Tell who speaks (`activeInput`).'),
    })
    .prefault({})
    .describe('Its sound.'),
  video: z
    .union([z.literal(false), ViewVideo])
    .prefault({})
    .describe(
      'Its picture: format, parameters (resolution, framerate, bitrate), maxInput, layout; false: none.',
    ),
});
export type View = z.infer<typeof View>;

const audioFormats: AudioFormat[] = [
  { codec: 'opus', sampleRate: 48000, channelNum: 2 },
  { codec: 'pcma' },
  { codec: 'pcmu' },
];

const videoFormats: VideoFormat[] = [
  { codec: 'vp8' },
  { codec: 'vp9' },
  { codec: 'h264', profile: 'CB' },
  { codec: 'h264', profile: 'B' },
  { codec: 'av1' },
];

/** Participants of a role may do this (OWT 8), plus `moderate`. */
export const RoleSetting = z.strictObject({
  role: z.string().min(1).max(100),
  publish: Permission.shape.publish,
  subscribe: Permission.shape.subscribe,
  moderate: z.boolean().optional(),
});

const all = { audio: true, video: true };
const none = { audio: false, video: false };

/** Roles of OWT (OWT 8) that every room has. A presenter may moderate, as in OWT's sample application. */
export const defaultRoles: z.infer<typeof RoleSetting>[] = [
  { role: 'presenter', publish: all, subscribe: all, moderate: true },
  { role: 'viewer', publish: none, subscribe: all },
  {
    role: 'audio_only_presenter',
    publish: { audio: true, video: false },
    subscribe: { audio: true, video: false },
  },
  { role: 'video_only_viewer', publish: none, subscribe: { audio: false, video: true } },
];

/** OWT's rooms have one more. */
const defaultRoleSettings = [...defaultRoles, { role: 'sip', publish: all, subscribe: all }];

export const RoomSettings = z.strictObject({
  name: z.string().min(1).max(256),
  participantLimit: bounded.default(-1),
  inputLimit: bounded.default(-1),
  roles: z.array(RoleSetting).max(100).default(defaultRoleSettings),
  views: z
    .array(View)
    .max(16)
    .refine((views) => new Set(views.map(({ label }) => label)).size === views.length, 'labels must differ')
    .prefault([{ label: 'common' }]),
  /** Ours: what is published is mixed into every view at once. */
  autoMix: z.boolean().default(false),
  /** Ours: a view is recorded from the first participant to the last. */
  autoRecord: z
    .union([
      z.literal(false),
      z.strictObject({ view: ViewLabel.optional(), container: Container.default('auto') }),
    ])
    .default(false),
  mediaIn: z
    .strictObject({
      audio: z.array(AudioFormat).max(50).default(audioFormats),
      video: z.array(VideoFormat).max(50).default(videoFormats),
    })
    .prefault({}),
  mediaOut: z
    .strictObject({
      audio: z.array(AudioFormat).max(50).default(audioFormats),
      video: z
        .strictObject({
          format: z.array(VideoFormat).max(50).default(videoFormats),
          parameters: z
            .strictObject({
              resolution: z
                .array(ResolutionName)
                .max(50)
                .default([
                  'x3/4',
                  'x2/3',
                  'x1/2',
                  'x1/3',
                  'x1/4',
                  'hd1080p',
                  'hd720p',
                  'svga',
                  'vga',
                  'qvga',
                  'cif',
                ]),
              framerate: z.array(framerates).max(20).default([6, 12, 15, 24, 30, 48, 60]),
              bitrate: z
                .array(z.union([z.string().regex(/^x[01]\.\d+$/), z.number().positive()]))
                .max(20)
                .default(['x0.8', 'x0.6', 'x0.4', 'x0.2']),
              keyFrameInterval: z.array(keyFrameIntervals).max(20).default([100, 30, 5, 2, 1]),
            })
            .prefault({}),
        })
        .prefault({}),
    })
    .prefault({}),
  transcoding: z
    .strictObject({
      audio: z.boolean().default(false),
      video: z
        .strictObject({
          format: z.boolean().default(false),
          parameters: z
            .strictObject({
              resolution: z.boolean().default(false),
              framerate: z.boolean().default(false),
              bitrate: z.boolean().default(false),
              keyFrameInterval: z.boolean().default(false),
            })
            .prefault({}),
        })
        .prefault({}),
    })
    .prefault({}),
  notifying: z
    .strictObject({
      participantActivities: z.boolean().default(true),
      streamChange: z.boolean().default(true),
    })
    .prefault({}),
  sip: z
    .strictObject({
      sipServer: z.string().max(256).default(''),
      username: z.string().max(256).default(''),
      password: z.string().max(256).default(''),
    })
    .prefault({}),
  selectActiveAudio: z.boolean().default(false),
  enableBandwidthAdaptation: z.boolean().default(false),
});
export type RoomSettings = z.infer<typeof RoomSettings>;

/**
 * Fields that ask for an engine which is not there: naming them with a value that would have an effect is refused
 * (`not_supported`), so that nothing seems to work that does not.
 */
export function askedInVain(settings: RoomSettings): string | undefined {
  const { sip, selectActiveAudio } = settings;
  if (sip.sipServer !== '') return 'sip';
  if (selectActiveAudio) return 'selectActiveAudio';
  return undefined;
}

/** A room as the store keeps it and its owner runs it. */
export const StoredRoom = z.object({
  settings: RoomSettings,
  /** Grows by one with each change. */
  version: z.int().min(1),
  /** The service whose tokens open it. */
  service: z.string(),
});
export type StoredRoom = z.infer<typeof StoredRoom>;
