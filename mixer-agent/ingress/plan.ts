import { PorticoError } from '../../common/contract/errors.ts';
import type { StreamHeader } from '../ffmpeg/nut-headers.ts';
import type { EncodedPicture, Size } from '../mix/media.ts';
import type { SentCodec } from '../mix/send/video-sender.ts';
import { isForWebRtc, readSetup } from './h264-setup.ts';
import type { IngressSource } from './protocol.ts';

/* Decides how the tracks of a source are sent: as they are, or decoded and encoded anew. */

/** Larger pictures are made smaller when they have to be encoded. */
const most = { width: 1920, height: 1080 };

/** A picture as it is sent. */
export type SentPicture = Pick<EncodedPicture, 'data' | 'key'>;

export interface VideoPlan {
  /** Number of the stream in NUT. */
  readonly stream: number;
  readonly codec: SentCodec;
  readonly transcoded: boolean;
  /** As it is sent. */
  readonly size: Size;
  readonly header: StreamHeader;
}

export interface AudioPlan {
  readonly stream: number;
  readonly transcoded: boolean;
}

export interface Plan {
  readonly video?: VideoPlan;
  readonly audio?: AudioPlan;
}

export interface PlanOptions {
  source: Pick<IngressSource, 'audio' | 'video' | 'codecs'>;
  /** What the source has been sent in before: that is kept where it can be. */
  codec: SentCodec | undefined;
  /** Its pictures have shown that they cannot be sent as they are. */
  mustDecode: boolean;
}

/**
 * @param headers of the streams in NUT
 * @throws PorticoError `codec_unsupported` when it cannot be sent, `not_found` when what was asked for is not there
 */
export function planOf(headers: readonly (StreamHeader | undefined)[], options: PlanOptions): Plan {
  const find = (kind: 'audio' | 'video') => headers.findIndex((header) => header?.kind === kind);
  const { source } = options;
  const [video, audio] = [find('video'), find('audio')];
  if (source.video === true && video < 0) throw missing('picture');
  if (source.audio === true && audio < 0) throw missing('sound');
  if (video < 0 && audio < 0) throw new PorticoError('not_found', 'the source has neither picture nor sound');
  const pictures = headers[video];
  const sound = headers[audio];
  return {
    ...(pictures === undefined ? {} : { video: videoPlan(video, pictures, options) }),
    ...(sound === undefined ? {} : { audio: { stream: audio, transcoded: !isPlainOpus(sound) } }),
  };
}

const missing = (what: string): PorticoError => new PorticoError('not_found', `the source has no ${what}`);

/** Opus with more than two channels is several streams in one (RFC 7845, 5.1.1.2). */
const isPlainOpus = ({ fourcc, channels }: StreamHeader): boolean =>
  nameOf(fourcc) === 'opus' && channels <= 2;

const nameOf = (fourcc: Uint8Array): string => Buffer.from(fourcc).toString('latin1').toLowerCase();

const names: Readonly<Record<string, SentCodec>> = {
  vp80: 'vp8',
  vp90: 'vp9',
  h264: 'h264',
  avc1: 'h264',
  x264: 'h264',
};

function videoPlan(stream: number, header: StreamHeader, options: PlanOptions): VideoPlan {
  const { codec: before, mustDecode } = options;
  const { codecs } = options.source;
  const native = names[nameOf(header.fourcc)];
  // Nothing is encoded as VP9 here.
  const wanted = before === undefined || before === 'vp9' ? codecs : [before];
  if (native !== undefined && !mustDecode && wanted.includes(native) && canBeSent(native, header)) {
    return { stream, codec: native, transcoded: false, size: sizeOf(header, false), header };
  }
  const codec = wanted.find((one) => one !== 'vp9');
  if (codec === undefined) {
    const sentence = `the source sends pictures that cannot be sent on as ${wanted.join(' or ')}`;
    throw new PorticoError('codec_unsupported', sentence);
  }
  return { stream, codec, transcoded: true, size: sizeOf(header, true), header };
}

/** Pictures that are not coded in the order of their times (B-frames) cannot be played by browsers. */
function canBeSent(codec: SentCodec, { decodeDelay, setup }: StreamHeader): boolean {
  if (decodeDelay > 0) return false;
  if (codec !== 'h264') return true;
  const { sets } = readSetup(setup);
  return sets.filter((unit) => ((unit[0] ?? 0) & 0x1f) === 7).every(isForWebRtc);
}

/** @throws PorticoError `codec_unsupported` when it is not known and has to be */
function sizeOf({ width, height, pixelShape }: StreamHeader, limited: boolean): Size {
  if (!limited) return { width, height };
  if (width === 0 || height === 0)
    throw new PorticoError('codec_unsupported', 'the size of the pictures of the source cannot be found out');
  // Pixels become square.
  const wide = width * (pixelShape > 0 ? pixelShape : 1);
  const factor = Math.min(1, most.width / wide, most.height / height);
  return { width: even(wide * factor), height: even(height * factor) };
}

const even = (length: number): number => Math.max(16, 2 * Math.round(length / 2));
