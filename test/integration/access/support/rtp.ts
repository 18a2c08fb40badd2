import type { types } from 'mediasoup';
import type { Kind } from '../../../../common/contract/media.ts';

let lastSsrc = 10_000;
let lastMid = 0;

/** An SSRC that no other parameters of this run have. */
const ssrc = () => (lastSsrc += 1);

const feedback = [
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb', parameter: '' },
  { type: 'transport-cc', parameter: '' },
];

const mid: types.RtpHeaderExtensionParameters = {
  uri: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  id: 1,
  encrypt: false,
  parameters: {},
};

/** Audio as Chromium offers it through mediasoup-client. */
export function audioParameters(): types.RtpParameters {
  lastMid += 1;
  return {
    mid: String(lastMid),
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { minptime: 10, useinbandfec: 1 },
        rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
      },
    ],
    headerExtensions: [
      mid,
      { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 6, encrypt: false, parameters: {} },
    ],
    encodings: [{ ssrc: ssrc(), dtx: false }],
    rtcp: { cname: 'tests', reducedSize: true },
    msid: 'stream track',
  };
}

export interface VideoOptions {
  codec?: string;
  payloadType?: number;
  parameters?: Record<string, string | number>;
  encodings?: types.RtpEncodingParameters[];
}

/** Video with retransmission; one SSRC-named encoding unless others are given. */
export function videoParameters({
  codec = 'VP8',
  payloadType = 96,
  parameters = {},
  encodings,
}: VideoOptions = {}): types.RtpParameters {
  lastMid += 1;
  return {
    mid: String(lastMid),
    codecs: [
      { mimeType: `video/${codec}`, payloadType, clockRate: 90_000, parameters, rtcpFeedback: feedback },
      {
        mimeType: 'video/rtx',
        payloadType: payloadType + 1,
        clockRate: 90_000,
        parameters: { apt: payloadType },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: [
      mid,
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 2, encrypt: false, parameters: {} },
    ],
    encodings: encodings ?? [{ ssrc: ssrc(), rtx: { ssrc: ssrc() }, dtx: false }],
    rtcp: { cname: 'tests', reducedSize: true },
    msid: 'stream track',
  };
}

/** Three layers as Chromium sends them. */
export const simulcastParameters = (): types.RtpParameters =>
  videoParameters({
    encodings: ['r0', 'r1', 'r2'].map((rid, index) => ({
      rid,
      dtx: false,
      scalabilityMode: 'L1T3',
      maxBitrate: 150_000 * 4 ** index,
    })),
  });

export const rtpParameters = (kind: Kind): types.RtpParameters =>
  kind === 'audio' ? audioParameters() : videoParameters();

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
