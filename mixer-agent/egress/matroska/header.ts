import type { AudioTrack, Tracks, VideoTrack } from '../unit.ts';
import {
  bytesElement,
  dateElement,
  type EbmlElement,
  floatElement,
  masterElement,
  openElement,
  textElement,
  uintElement,
  voidElement,
} from './ebml.ts';

/* What stands before the clusters of a Matroska file (RFC 9559). */

/** Of the tracks, whether both are there or one. */
export const trackNumbers = { video: 1, audio: 2 } as const;

const trackTypes = { video: 1, audio: 2 } as const;
const codecIds = {
  vp8: 'V_VP8',
  vp9: 'V_VP9',
  h264: 'V_MPEG4/ISO/AVC',
  av1: 'V_AV1',
  opus: 'A_OPUS',
  aac: 'A_AAC',
} as const;

/** A decoder of Opus has settled after so long, ns (RFC 7845, 4.6). */
const opusPreRoll = 80_000_000;
const nsPerMs = 1_000_000;
const progressive = 2;

export interface HeaderOptions {
  tracks: Tracks;
  /** Wall clock of time 0, ms since 1970. */
  startedAt?: number;
  /** Filled up to so many bytes, so that a header with more tracks fits in its place. */
  padTo?: number;
}

/** Everything before the first cluster. Times in the file are in ms; its length is not known. */
export function matroskaHeader({ tracks, startedAt, padTo = 0 }: HeaderOptions): Uint8Array {
  const parts = [
    masterElement(0x1a45dfa3, [
      uintElement(0x4286, 1),
      uintElement(0x42f7, 1),
      uintElement(0x42f2, 4),
      uintElement(0x42f3, 8),
      textElement(0x4282, 'matroska'),
      uintElement(0x4287, 4),
      uintElement(0x4285, 2),
    ]),
    openElement(0x18538067),
    masterElement(0x1549a966, [
      uintElement(0x2ad7b1, nsPerMs),
      textElement(0x4d80, 'Portico'),
      textElement(0x5741, 'Portico'),
      ...(startedAt === undefined ? [] : [dateElement(0x4461, startedAt)]),
    ]),
    masterElement(0x1654ae6b, [
      ...(tracks.video === undefined ? [] : [videoEntry(tracks.video)]),
      ...(tracks.audio === undefined ? [] : [audioEntry(tracks.audio)]),
    ]),
  ];
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(padTo >= bytes + 2 ? [...parts, voidElement(padTo - bytes)] : parts);
}

const common = ({ kind, codec, config }: AudioTrack | VideoTrack): EbmlElement[] => [
  uintElement(0xd7, trackNumbers[kind]),
  uintElement(0x73c5, trackNumbers[kind]),
  uintElement(0x83, trackTypes[kind]),
  uintElement(0x9c, 0),
  textElement(0x22b59c, 'und'),
  textElement(0x86, codecIds[codec]),
  ...(config === undefined ? [] : [bytesElement(0x63a2, config)]),
];

const videoEntry = (track: VideoTrack): EbmlElement =>
  masterElement(0xae, [
    ...common(track),
    masterElement(0xe0, [
      uintElement(0xb0, track.size.width),
      uintElement(0xba, track.size.height),
      uintElement(0x9a, progressive),
    ]),
  ]);

const audioEntry = (track: AudioTrack): EbmlElement =>
  masterElement(0xae, [
    ...common(track),
    ...(track.codec === 'opus' ? [uintElement(0x56aa, 0), uintElement(0x56bb, opusPreRoll)] : []),
    masterElement(0xe1, [floatElement(0xb5, track.sampleRate), uintElement(0x9f, track.channels)]),
  ]);
