import type { types } from 'mediasoup';
import { codecName, mediaCodecOf, routerRtpCapabilities } from '../../common/media/codecs.ts';
import type { VideoCodec } from '../mix/media.ts';

const videoCodecs: readonly string[] = ['vp8', 'vp9', 'h264', 'av1'] satisfies VideoCodec[];

/**
 * What a mix process receives: the codecs of the routers and nothing around them. On this machine nothing gets lost that
 * would have to be sent again, and key frames are asked for by message.
 */
export const feedCapabilities: types.RtpCapabilities = {
  codecs: (routerRtpCapabilities.codecs ?? [])
    .filter(({ mimeType }) => !mimeType.toLowerCase().endsWith('/rtx'))
    .map((codec) => ({ ...codec, rtcpFeedback: [] })),
  headerExtensions: [],
};

export interface FeedCodec {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly codec: 'opus' | VideoCodec;
}

/** How the packets of a consumer are told from others; undefined for a codec that cannot be decoded. */
export function feedCodecOf({ rtpParameters }: Pick<types.Consumer, 'rtpParameters'>): FeedCodec | undefined {
  const media = mediaCodecOf(rtpParameters);
  const ssrc = rtpParameters.encodings?.[0]?.ssrc;
  if (media === undefined || ssrc === undefined) return undefined;
  const codec = codecName(media.mimeType).toLowerCase();
  if (codec !== 'opus' && !isVideoCodec(codec)) return undefined;
  return { ssrc, payloadType: media.payloadType, codec };
}

const isVideoCodec = (codec: string): codec is VideoCodec => videoCodecs.includes(codec);
