import { ortc } from 'mediasoup';
import type { types } from 'mediasoup';
import type { Format, TrackLayers } from '../contract/media.ts';
import { isListed } from './formats.ts';

/** Bitrate Chromium's encoder starts with, kbit/s; without it the first seconds of video are blurred. */
const startBitrate = { 'x-google-start-bitrate': 1000 };

/**
 * Codecs of every router of the cluster, with Chromium's payload types. They are the same everywhere so that a client
 * can move to another router without loading its device again.
 */
export const mediaCodecs: readonly types.RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    preferredPayloadType: 111,
    parameters: { minptime: 10, useinbandfec: 1 },
  },
  {
    kind: 'video',
    mimeType: 'video/VP8',
    clockRate: 90_000,
    preferredPayloadType: 96,
    parameters: { ...startBitrate },
  },
  {
    kind: 'video',
    mimeType: 'video/VP9',
    clockRate: 90_000,
    preferredPayloadType: 98,
    parameters: { 'profile-id': 0, ...startBitrate },
  },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    preferredPayloadType: 102,
    parameters: {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
      ...startBitrate,
    },
  },
  {
    kind: 'video',
    mimeType: 'video/AV1',
    clockRate: 90_000,
    preferredPayloadType: 45,
    parameters: { ...startBitrate },
  },
];

/** Capabilities that every router reports. */
export const routerRtpCapabilities: types.RtpCapabilities = ortc.generateRouterRtpCapabilities(
  structuredClone([...mediaCodecs]),
);

/** `video/AV1` -> `AV1`. */
export const codecName = (mimeType: string): string => mimeType.slice(mimeType.indexOf('/') + 1);

/** Capabilities of the routers as far as a room takes their codecs; retransmission goes with its codec. */
export function capabilitiesFor(formats: readonly Format[] | undefined): types.RtpCapabilities {
  if (formats === undefined) return routerRtpCapabilities;
  const { codecs = [], ...rest } = routerRtpCapabilities;
  const taken = codecs.filter((codec) => !isRtx(codec.mimeType) && isListed(formatOfCodec(codec), formats));
  const payloadTypes = new Set(taken.map(({ preferredPayloadType }) => preferredPayloadType));
  const kept = codecs.filter((codec) => {
    return isRtx(codec.mimeType)
      ? payloadTypes.has(Number(codec.parameters?.['apt']))
      : taken.includes(codec);
  });
  return { ...rest, codecs: kept };
}

/** The first codec of what is sent that is not among those listed, in OWT's words. */
export function unlisted(parameters: types.RtpParameters, formats: readonly Format[]): Format | undefined {
  const sent = parameters.codecs.filter(({ mimeType }) => !isRtx(mimeType)).map(formatOfCodec);
  return sent.find((format) => !isListed(format, formats));
}

const isRtx = (mimeType: string): boolean => mimeType.toLowerCase().endsWith('/rtx');

/** The codec that carries the media, leaving retransmission aside. */
export function mediaCodecOf(
  parameters: Pick<types.RtpParameters, 'codecs'>,
): types.RtpCodecParameters | undefined {
  return parameters.codecs.find((codec) => !isRtx(codec.mimeType));
}

/** OWT's letters for H264 profiles, from the first two bytes of profile-level-id (RFC 6184, 8.1). */
function h264Profile(profileLevelId: unknown): string | undefined {
  if (typeof profileLevelId !== 'string') return undefined;
  const id = profileLevelId.toLowerCase();
  if (id.startsWith('42')) return Number.parseInt(id.slice(2, 4), 16) & 0x40 ? 'CB' : 'B';
  if (id.startsWith('4d')) return 'M';
  if (id.startsWith('64')) return 'H';
  return undefined;
}

/** Codec of a track in OWT's words. */
export function formatOf(parameters: Pick<types.RtpParameters, 'codecs'>): Format {
  const codec = mediaCodecOf(parameters);
  return codec === undefined ? { codec: 'unknown' } : formatOfCodec(codec);
}

function formatOfCodec(
  codec: Pick<types.RtpCodecParameters, 'mimeType' | 'clockRate' | 'channels' | 'parameters'>,
): Format {
  const name = codecName(codec.mimeType).toLowerCase();
  if (name === 'opus') return { codec: name, sampleRate: codec.clockRate, channelNum: codec.channels ?? 1 };
  const profile = name === 'h264' ? h264Profile(codec.parameters?.['profile-level-id']) : undefined;
  return profile === undefined ? { codec: name } : { codec: name, profile };
}

const modePattern = /^[LS]([1-3])T([1-3])/;

/** Layer counts of a scalability mode such as `L3T3_KEY`; one of each when there is none. */
export function layersOfMode(mode: string | undefined): { spatial: number; temporal: number } {
  const match = modePattern.exec(mode ?? '');
  return { spatial: Number(match?.[1] ?? 1), temporal: Number(match?.[2] ?? 1) };
}

/** Layers of a producer, or nothing when it has but one. */
export function layersOf({ rtpParameters }: Pick<types.Producer, 'rtpParameters'>): TrackLayers | undefined {
  const encodings = rtpParameters.encodings ?? [];
  const { spatial, temporal } = layersOfMode(encodings[0]?.scalabilityMode);
  if (encodings.length > 1) return { spatial: encodings.length, temporal, type: 'simulcast' };
  if (spatial === 1 && temporal === 1) return undefined;
  return { spatial, temporal, type: 'svc' };
}
