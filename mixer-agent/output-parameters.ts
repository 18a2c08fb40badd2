import type { types } from 'mediasoup';
import type { MixCodec } from './mix/media.ts';

/* What a mix sends, in the words of the router (parameters of `transport.produce`). */

/** Receivers can ask for a key frame and for nothing else: what is lost between two processes of a machine is little. */
const videoFeedback: types.RtcpFeedback[] = [{ type: 'nack', parameter: 'pli' }];

const videoCodecs: Readonly<Record<MixCodec, Pick<types.RtpCodecParameters, 'mimeType' | 'parameters'>>> = {
  vp8: { mimeType: 'video/VP8', parameters: {} },
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
  codec: MixCodec,
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
