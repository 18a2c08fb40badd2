import type { LiveProtocol } from '../../../common/contract/egress.ts';
import type { EgressProcessSpec } from '../protocol.ts';
import type { Tracks } from '../unit.ts';

/** What was asked for by name. */
export interface Wishes {
  audio?: NonNullable<EgressProcessSpec['audio']>['encode'];
  video?: NonNullable<EgressProcessSpec['video']>['encode'];
}

type VideoWish = NonNullable<Wishes['video']>;

/** What becomes of a track on its way. */
export type AudioPath = { copy: true } | { copy: false; codec: 'aac' | 'opus' };
export type VideoPath =
  { copy: true } | ({ copy: false; codec: 'h264' | 'vp8' | 'vp9' } & Omit<VideoWish, 'codec'>);

/** Codecs that players of a protocol take; the first is what anything else is made into. */
const videoCodecs = {
  rtmp: ['h264'],
  rtsp: ['h264', 'vp8'],
  srt: ['h264'],
  hls: ['h264'],
  dash: ['h264', 'vp8', 'vp9'],
} as const satisfies Record<LiveProtocol, readonly string[]>;

/** Opus in an MPEG transport stream is known to few: it is sent by SRT only when asked for. */
const audioCodecs = {
  rtmp: ['aac'],
  rtsp: ['opus', 'aac'],
  srt: ['aac'],
  hls: ['aac'],
  dash: ['aac'],
} as const satisfies Record<LiveProtocol, readonly string[]>;

export function videoPath(protocol: LiveProtocol, { video }: Tracks, wish: VideoWish = {}): VideoPath {
  const carried: readonly string[] = videoCodecs[protocol];
  const { codec: asked, ...shape } = wish;
  const wanted = asked ?? video?.codec ?? 'h264';
  const codec = (carried.includes(wanted) ? wanted : 'h264') as 'h264' | 'vp8' | 'vp9';
  const isPlain = Object.values(shape).every((value) => value === undefined);
  return isPlain && codec === video?.codec ? { copy: true } : { copy: false, codec, ...shape };
}

/** @param picture what becomes of the picture beside it */
export function audioPath(
  protocol: LiveProtocol,
  { audio, video }: Tracks,
  { picture, wish }: { picture: VideoPath | undefined; wish?: Wishes['audio'] },
): AudioPath {
  const carried: readonly string[] = opusGoes(protocol, video?.codec, picture)
    ? ['opus', 'aac']
    : protocol === 'srt' && wish?.codec === 'opus'
      ? ['opus']
      : audioCodecs[protocol];
  const wanted = wish?.codec ?? audio?.codec ?? 'aac';
  const codec = carried.includes(wanted) ? wanted : 'aac';
  return codec === audio?.codec ? { copy: true } : { copy: false, codec };
}

/** DASH has VP8 and VP9 in WebM, which holds Opus; players that take this take that. */
function opusGoes(
  protocol: LiveProtocol,
  comes: string | undefined,
  picture: VideoPath | undefined,
): boolean {
  if (protocol === 'rtsp') return true;
  if (protocol !== 'dash' || picture === undefined) return false;
  const codec = picture.copy ? comes : picture.codec;
  return codec === 'vp8' || codec === 'vp9';
}
