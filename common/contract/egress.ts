import { z } from 'zod';
import { EgressId, ParticipantId, RoomId, StreamId, TrackId } from './ids.ts';
import { Format, TrackLayers, VideoParameters } from './media.ts';
import { Origin } from './origin.ts';

/*
 * What leaves a room other than to participants: recordings and live streams out (OWT 7.3, `recordings` and `streaming-outs`).
 * Told whole, by the owner of the room to a mixer agent.
 */

/** Kind of file; `auto`: mp4 when it can carry the codecs as they are and no picture is VP8, VP9 or AV1, else mkv. */
export const Container = z.enum(['mkv', 'webm', 'mp4', 'ts', 'auto']);
export type Container = z.infer<typeof Container>;

export const LiveProtocol = z.enum(['rtmp', 'rtsp', 'srt', 'hls', 'dash']);
export type LiveProtocol = z.infer<typeof LiveProtocol>;

const RecordingTarget = z.object({ type: z.literal('recording'), container: Container });

const LiveTarget = z.object({
  type: z.literal('live'),
  protocol: LiveProtocol,
  /** Where it is sent; absent (HLS and DASH): into a folder that the mixer agent serves. May hold secrets. */
  url: z.string().max(2_000).optional(),
  /** HLS and DASH to a URL. */
  method: z.enum(['PUT', 'POST']).optional(),
  /** Length of a segment of HLS and DASH, s. */
  segmentDuration: z.number().min(0.5).max(60).optional(),
  /** Segments in the playlist of HLS and DASH; 0: all. */
  segments: z.int().min(0).max(100_000).optional(),
});

/** Where it goes. */
export const EgressTarget = z.discriminatedUnion('type', [RecordingTarget, LiveTarget]);
export type EgressTarget = z.infer<typeof EgressTarget>;

const sourceFields = {
  /** Stream and track that are sent; both may change while it runs. */
  stream: StreamId,
  id: TrackId,
  /** Not sent at the moment, because it was asked so: silence, or the last picture. */
  paused: z.boolean(),
  /** Muted by its publisher: nothing is expected of it. */
  muted: z.boolean(),
  /** Where it can be received; absent while its publisher is about to publish it again. */
  origin: Origin.optional(),
  /** As it comes. */
  format: Format.optional(),
};

export const EgressAudio = z.object({
  ...sourceFields,
  /** Asked for by name; absent: as it comes, or what the target needs. */
  encode: z.object({ codec: z.enum(['opus', 'aac']) }).optional(),
});
export type EgressAudio = z.infer<typeof EgressAudio>;

export const EgressVideo = z.object({
  ...sourceFields,
  /** As announced by its publisher. */
  parameters: VideoParameters.optional(),
  layers: TrackLayers.optional(),
  /** Asked for by name; absent: as it comes, or what the target needs. */
  encode: z
    .object({
      codec: z.enum(['vp8', 'vp9', 'h264']).optional(),
      resolution: z.object({ width: z.int().min(16), height: z.int().min(16) }).optional(),
      framerate: z.number().positive().optional(),
      /** kbit/s. */
      bitrate: z.number().positive().optional(),
    })
    .optional(),
});
export type EgressVideo = z.infer<typeof EgressVideo>;

/** Who began it: management, a participant, or the room by itself (`autoRecord`). */
export const EgressOrigin = z.union([
  z.object({ by: z.enum(['admin', 'room']) }),
  z.object({ by: z.literal('participant'), participant: ParticipantId, user: z.string().max(256) }),
]);

/** Everything about one recording or live stream. */
export const EgressSpec = z.object({
  id: EgressId,
  room: RoomId,
  /** Grows with each change; an older one than the last is ignored. */
  revision: z.int().min(1),
  /** 1, and one more each time that it has to begin anew because its agent was lost. */
  part: z.int().min(1),
  target: EgressTarget,
  audio: EgressAudio.optional(),
  video: EgressVideo.optional(),
  /** Longest time between key frames, s: they are asked for. */
  keyFrameInterval: z.number().positive(),
  /** When it was asked for, ms since 1970. */
  startedAt: z.number(),
  origin: EgressOrigin,
  /** Those in the room, for the sidecar of a recording. */
  participants: z.array(z.object({ id: ParticipantId, user: z.string().max(256) })).max(1_000),
});
export type EgressSpec = z.infer<typeof EgressSpec>;

/**
 * connecting: nothing has been written or sent yet · live · retrying: the far end is gone, it is tried again ·
 * finalising: over, the files are being made seekable · ended · failed: over, `error` says why.
 */
export const EgressStatus = z.enum(['connecting', 'live', 'retrying', 'finalising', 'ended', 'failed']);
export type EgressStatus = z.infer<typeof EgressStatus>;

/** A file of a recording. */
export const RecordingFile = z.object({
  /** Below the folder of recordings: `<room>/<id>.<ext>`, `<room>/<id>.part-2.<ext>`. */
  name: z.string(),
  part: z.int().min(1),
  bytes: z.int().min(0),
  durationMs: z.number().min(0),
  /** Wall clock of its begin, ms since 1970. */
  startedAt: z.number(),
  /** Absent until it is finished. */
  sha256: z.string().optional(),
  /** Where an upload put it. */
  uploaded: z.string().optional(),
});
export type RecordingFile = z.infer<typeof RecordingFile>;

/** How a recording or live stream does. Counts are those of the part that runs. */
export const EgressState = z.object({
  id: EgressId,
  revision: z.int(),
  part: z.int().min(1),
  status: EgressStatus,
  /** Why it failed, or is being tried again: in the words of the far end or of FFmpeg. */
  error: z.object({ code: z.string(), message: z.string().max(2_000) }).optional(),
  /** Media time written or sent, ms. */
  durationMs: z.number().min(0),
  bytes: z.int().min(0),
  /** bits/s, over about the last second. */
  bitrate: z.number().min(0),
  /** Pictures that were left out because the far end or the disk was too slow, or that never came. */
  dropped: z.int().min(0),
  /** Times that a connection was made anew. */
  reconnects: z.int().min(0),
  /** Of recordings. */
  files: z.array(RecordingFile).max(1_000),
  /** Where HLS and DASH of the agent's own folder can be played. */
  url: z.string().optional(),
});
export type EgressState = z.infer<typeof EgressState>;
