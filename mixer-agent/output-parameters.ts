import type { types } from 'mediasoup';
import type { LayerBitrates } from '../common/media/pipes/source.ts';
import type { SentCodec } from './mix/send/video-sender.ts';

/* What a mix sends, in the words of the router (parameters of `transport.produce`). */

/** Receivers can ask for a key frame and for nothing else: what is lost between two processes of a machine is little. */
const videoFeedback: types.RtcpFeedback[] = [{ type: 'nack', parameter: 'pli' }];

const videoCodecs: Readonly<Record<SentCodec, Pick<types.RtpCodecParameters, 'mimeType' | 'parameters'>>> = {
  vp8: { mimeType: 'video/VP8', parameters: {} },
  vp9: { mimeType: 'video/VP9', parameters: { 'profile-id': 0 } },
  h264: {
    mimeType: 'video/H264',
    parameters: {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
    },
  },
};

/** A video output of a mix. */
export function videoParameters(
  codec: SentCodec,
  ssrc: number,
  payloadType: number,
  cname = 'mix',
): types.RtpParameters {
  return {
    codecs: [{ ...videoCodecs[codec], payloadType, clockRate: 90_000, rtcpFeedback: videoFeedback }],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname, reducedSize: true },
  };
}

/** A video output with a smaller encoding for thin lines. */
export interface LowParameters {
  ssrc: number;
  bitrates: LayerBitrates;
}

/** Share of its bitrate that an encoding may take for a moment: a key frame, or a picture that suddenly moves. */
const peak = 1.5;

/**
 * The same as simulcast: the small encoding is the lower of two layers. Announced bitrates let the router find out what the
 * line of a receiver carries, also while the picture stands still and takes little.
 */
export function withLow(
  { encodings = [], ...parameters }: types.RtpParameters,
  { ssrc, bitrates: { low, main } }: LowParameters,
): types.RtpParameters {
  const maxBitrate = (bitrate: number) => Math.round(bitrate * peak);
  return {
    ...parameters,
    encodings: [
      { ssrc, maxBitrate: maxBitrate(low) },
      ...encodings.map((encoding) => ({ ...encoding, maxBitrate: maxBitrate(main) })),
    ],
  };
}

/** An audio output of a mix: Opus with in-band FEC, stereo. */
export function audioParameters(ssrc: number, payloadType: number, cname = 'mix'): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, stereo: 1, 'sprop-stereo': 1 },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname, reducedSize: true },
  };
}
