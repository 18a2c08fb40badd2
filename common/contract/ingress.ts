import { z } from 'zod';
import { PublishedTrack } from './published-track.ts';
import { StreamId } from './ids.ts';
import { Attributes } from './media.ts';

/* Streams that a mixer agent fetches from a URL into a room (OWT 7.3, `streaming-ins`). Told whole, as with mixes. */

/** What fetched pictures can be sent in. Best first: H.264 costs least to encode, and is recorded and sent on as it is. */
export const ingressCodecs = ['h264', 'vp8', 'vp9'] as const;

export const IngressSpec = z.object({
  /** The forward stream that it becomes. */
  stream: StreamId,
  /** Grows with each change; an older one than the last is ignored. */
  revision: z.int().min(1),
  /** rtsp, rtmp, srt, http(s) (HLS or a file), file. May hold secrets. */
  url: z.string().min(1).max(2_000),
  /** Of RTSP. */
  transportProtocol: z.enum(['tcp', 'udp']),
  /** Bytes, for udp. */
  bufferSize: z.int().positive(),
  /** A file begins again when it is over. */
  loop: z.boolean(),
  /** `auto`: when the source has it. */
  audio: z.union([z.literal('auto'), z.boolean()]),
  video: z.union([z.literal('auto'), z.boolean()]),
  /** What the room takes pictures in, best first; absent: all of these. Other pictures are encoded anew. */
  codecs: z.array(z.enum(ingressCodecs)).min(1).max(3).optional(),
  /** Tracks that are muted for everybody. */
  paused: z.object({ audio: z.boolean(), video: z.boolean() }),
  attributes: Attributes,
});
export type IngressSpec = z.infer<typeof IngressSpec>;

/** connecting: no media have come yet · live · retrying: the source is gone, it is tried again · ended: a file is over · failed: given up. */
export const IngressStatus = z.enum(['connecting', 'live', 'retrying', 'ended', 'failed']);
export type IngressStatus = z.infer<typeof IngressStatus>;

export const IngressState = z.object({
  stream: StreamId,
  revision: z.int(),
  status: IngressStatus,
  /** In the words of the far end or of FFmpeg. */
  error: z.object({ code: z.string(), message: z.string().max(2_000) }).optional(),
  /** Empty until the source was seen for the first time; the producers stay while the source is away. */
  tracks: z.array(PublishedTrack).max(2),
  /** Whether FFmpeg has to decode and encode a track anew. */
  transcoded: z.object({ audio: z.boolean(), video: z.boolean() }),
  /** bits/s, over about the last second. */
  bitrate: z.number().min(0),
  reconnects: z.int().min(0),
});
export type IngressState = z.infer<typeof IngressState>;
