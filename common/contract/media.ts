import { z } from 'zod';
import type { types } from 'mediasoup';
import { ParticipantId, StreamId, TrackId } from './ids.ts';
import { Layout, LayoutMode } from './layout.ts';

/*
 * RTP, DTLS and ICE parameters travel as mediasoup defines them (ORTC shapes). Here they are bounded and checked
 * for shape; the media engine checks their meaning. The types are the engine's, hence the narrowing casts of schemas
 * (never of data).
 */
const codecParameters = z.record(z.string().max(100), z.union([z.string().max(500), z.number(), z.null()]));
const rtcpFeedback = z
  .array(z.object({ type: z.string().max(50), parameter: z.string().max(50).optional() }))
  .max(20);
const payloadType = z.number().int().min(0).max(127);
const ssrc = z.number().int().min(0).max(0xffffffff);

export const RtpCapabilities = z.object({
  codecs: z
    .array(
      z.looseObject({
        kind: z.enum(['audio', 'video']),
        mimeType: z.string().max(50),
        clockRate: z.number().int().positive(),
        preferredPayloadType: payloadType.optional(),
        channels: z.number().int().positive().max(64).optional(),
        parameters: codecParameters.optional(),
        rtcpFeedback: rtcpFeedback.optional(),
      }),
    )
    .max(100)
    .optional(),
  headerExtensions: z
    .array(
      z.looseObject({
        kind: z.enum(['audio', 'video']).optional(),
        uri: z.string().max(200),
        preferredId: z.number().int().min(1).max(255),
        preferredEncrypt: z.boolean().optional(),
        direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).optional(),
      }),
    )
    .max(100)
    .optional(),
}) as unknown as z.ZodType<types.RtpCapabilities>;

export const RtpParameters = z.object({
  mid: z.string().max(32).optional(),
  codecs: z
    .array(
      z.looseObject({
        mimeType: z.string().max(50),
        payloadType,
        clockRate: z.number().int().positive(),
        channels: z.number().int().positive().max(64).optional(),
        parameters: codecParameters.optional(),
        rtcpFeedback: rtcpFeedback.optional(),
      }),
    )
    .min(1)
    .max(20),
  headerExtensions: z
    .array(
      z.looseObject({
        uri: z.string().max(200),
        id: z.number().int().min(1).max(255),
        encrypt: z.boolean().optional(),
        parameters: codecParameters.optional(),
      }),
    )
    .max(32)
    .optional(),
  encodings: z
    .array(
      z.looseObject({
        ssrc: ssrc.optional(),
        rid: z.string().max(16).optional(),
        rtx: z.object({ ssrc }).optional(),
        dtx: z.boolean().optional(),
        scalabilityMode: z.string().max(20).optional(),
        maxBitrate: z.number().nonnegative().optional(),
        scaleResolutionDownBy: z.number().positive().optional(),
      }),
    )
    .max(8)
    .optional(),
  rtcp: z
    .looseObject({ cname: z.string().max(255).optional(), reducedSize: z.boolean().optional() })
    .optional(),
  msid: z.string().max(200).optional(),
}) as unknown as z.ZodType<types.RtpParameters>;

export const DtlsParameters = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.object({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z
          .string()
          .max(300)
          .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+$/, 'must be hex bytes separated by colons'),
      }),
    )
    .min(1)
    .max(10),
}) as unknown as z.ZodType<types.DtlsParameters>;

export const IceParameters = z.object({
  usernameFragment: z.string(),
  password: z.string(),
  iceLite: z.boolean().optional(),
}) as unknown as z.ZodType<types.IceParameters>;

export const IceCandidates = z.array(
  z.looseObject({
    foundation: z.string(),
    priority: z.number(),
    ip: z.string(),
    address: z.string(),
    protocol: z.enum(['udp', 'tcp']),
    port: z.number().int(),
    type: z.literal('host'),
    tcpType: z.literal('passive').optional(),
  }),
) as unknown as z.ZodType<types.IceCandidate[]>;

/** A transport as the client needs it to build its own end (mediasoup-client `createSendTransport` options). */
export const TransportOptions = z.object({
  id: z.string(),
  iceParameters: IceParameters,
  iceCandidates: IceCandidates,
  dtlsParameters: DtlsParameters,
});
export type TransportOptions = z.infer<typeof TransportOptions>;

/** STUN or TURN server as RTCPeerConnection takes it (W3C `RTCIceServer`). */
export const IceServer = z.object({
  urls: z.array(z.string()).min(1),
  username: z.string().optional(),
  credential: z.string().optional(),
});
export type IceServer = z.infer<typeof IceServer>;

export const Kind = z.enum(['audio', 'video']);
export type Kind = z.infer<typeof Kind>;

/** Which tracks an operation means; `av` is both (OWT 3.4). */
export const KindSelector = z.enum(['audio', 'video', 'av']);
export type KindSelector = z.infer<typeof KindSelector>;

/** Where a track comes from (OWT 5.1, plus `screen-cast` sound). */
export const TrackSource = z.enum([
  'mic',
  'camera',
  'screen-cast',
  'file',
  'raw-file',
  'encoded-file',
  'mixed',
]);
export type TrackSource = z.infer<typeof TrackSource>;

export const TrackStatus = z.enum(['active', 'inactive']);
export type TrackStatus = z.infer<typeof TrackStatus>;

/** Codec of a track in OWT's words: `opus`, `vp8`, `vp9`, `h264` with `profile` CB B M H E, `av1`. */
export const Format = z.object({
  codec: z.string(),
  profile: z.string().optional(),
  sampleRate: z.number().optional(),
  channelNum: z.number().optional(),
});
export type Format = z.infer<typeof Format>;

export const VideoParameters = z.object({
  resolution: z.object({ width: z.number().int(), height: z.number().int() }).optional(),
  framerate: z.number().optional(),
  bitrate: z.union([z.number(), z.string()]).optional(),
  keyFrameInterval: z.number().optional(),
});
export type VideoParameters = z.infer<typeof VideoParameters>;

/** Layers of a simulcast or SVC track: counts as in mediasoup's `ConsumerLayers` (spatial 0 is the smallest). */
export const TrackLayers = z.object({
  spatial: z.number().int().min(1),
  temporal: z.number().int().min(1),
  type: z.enum(['simulcast', 'svc']),
});
export type TrackLayers = z.infer<typeof TrackLayers>;

export const TrackInfo = z.object({
  id: TrackId,
  type: Kind,
  source: TrackSource.optional(),
  status: TrackStatus,
  mid: z.string().optional(),
  format: Format,
  parameters: VideoParameters.optional(),
  layers: TrackLayers.optional(),
  optional: z.object({
    format: z.array(Format),
    parameters: z
      .object({
        resolution: z.array(z.object({ width: z.number(), height: z.number() })),
        framerate: z.array(z.number()),
        bitrate: z.array(z.union([z.string(), z.number()])),
        keyFrameInterval: z.array(z.number()),
      })
      .optional(),
  }),
});
export type TrackInfo = z.infer<typeof TrackInfo>;

/** Values that an application attaches to a stream or participant: a flat, small JSON object. */
export const Attributes = z
  .record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]))
  .refine((value) => Object.keys(value).length <= 50, 'at most 50 attributes');
export type Attributes = z.infer<typeof Attributes>;

const streamFields = {
  id: StreamId,
  status: z.enum(['active', 'interrupted']),
  media: z.object({ tracks: z.array(TrackInfo) }),
  data: z.literal(false),
};

/** A stream that somebody publishes (OWT 5.1). `interrupted`: its publisher lost its agent and is about to publish again. */
export const ForwardStreamInfo = z.object({
  ...streamFields,
  type: z.literal('forward'),
  info: z.object({
    owner: z.union([ParticipantId, z.literal('admin')]),
    type: z.enum(['webrtc', 'streaming']),
    inViews: z.array(z.string()),
    attributes: Attributes,
  }),
});
export type ForwardStreamInfo = z.infer<typeof ForwardStreamInfo>;

/** A stream that the room mixes (OWT 5.3). `interrupted`: its mixer agent is lost, another one is about to take over. */
export const MixedStreamInfo = z.object({
  ...streamFields,
  type: z.literal('mixed'),
  info: z.object({
    /** Of its view. */
    label: z.string(),
    /** Stream of whoever spoke last; `unknown` before anybody has. */
    activeInput: z.string(),
    layout: Layout,
    /** Absent where there is no picture. */
    ...LayoutMode.partial().shape,
  }),
});
export type MixedStreamInfo = z.infer<typeof MixedStreamInfo>;

/** A stream as clients see it. */
export const StreamInfo = z.discriminatedUnion('type', [ForwardStreamInfo, MixedStreamInfo]);
export type StreamInfo = z.infer<typeof StreamInfo>;

const KindPermission = z.object({ audio: z.boolean().optional(), video: z.boolean().optional() });

/** What a role may do (OWT 8). `moderate`: mute and remove others. */
export const Permission = z.object({
  publish: KindPermission.optional(),
  subscribe: KindPermission.optional(),
  moderate: z.boolean().optional(),
});
export type Permission = z.infer<typeof Permission>;

/** Of a participant with its portal: `lost` while its place is kept for it. */
export const Connection = z.enum(['ok', 'lost']);
export type Connection = z.infer<typeof Connection>;

export const ParticipantInfo = z.object({
  id: ParticipantId,
  user: z.string(),
  role: z.string(),
  attributes: Attributes.optional(),
  /** Absent: `ok`. */
  connection: Connection.optional(),
});
export type ParticipantInfo = z.infer<typeof ParticipantInfo>;
