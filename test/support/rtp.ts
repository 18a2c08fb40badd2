import type { types } from 'mediasoup';

/** RTP parameters as a browser sends them, without media behind; every call uses fresh SSRCs. */
export function rtpParameters(kind: 'audio' | 'video'): types.RtpParameters {
  const ssrc = () => 1 + Math.floor(Math.random() * 0xfffffff0);
  if (kind === 'audio') {
    return {
      mid: '0',
      codecs: [
        {
          mimeType: 'audio/opus',
          payloadType: 111,
          clockRate: 48_000,
          channels: 2,
          parameters: { useinbandfec: 1, minptime: 10 },
          rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
        },
      ],
      headerExtensions: [
        { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1, encrypt: false, parameters: {} },
      ],
      encodings: [{ ssrc: ssrc() }],
      rtcp: { cname: 'tests', reducedSize: true },
    };
  }
  return {
    mid: '1',
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90_000,
        parameters: {},
        rtcpFeedback: [
          { type: 'nack', parameter: '' },
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
          { type: 'transport-cc', parameter: '' },
        ],
      },
      {
        mimeType: 'video/rtx',
        payloadType: 97,
        clockRate: 90_000,
        parameters: { apt: 96 },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc: ssrc(), rtx: { ssrc: ssrc() } }],
    rtcp: { cname: 'tests', reducedSize: true },
  };
}

/** DTLS parameters with a made-up fingerprint. */
export const dtlsParameters: types.DtlsParameters = {
  role: 'client',
  fingerprints: [
    {
      algorithm: 'sha-256',
      value: Array.from({ length: 32 }, (_none, index) => (index + 16).toString(16)).join(':'),
    },
  ],
};
