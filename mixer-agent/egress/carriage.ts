import type { Container } from '../../common/contract/egress.ts';
import type { EgressProcessSpec, EgressProcessTarget } from './protocol.ts';
import type { TrackDescription } from './unit.ts';

type Codec = TrackDescription['codec'];

interface Carriage {
  audio: readonly Codec[];
  video: readonly Codec[];
}

/** What files can hold that players take; the first of each is what anything else is made into. */
const carriages: Record<Exclude<Container, 'auto'>, Carriage> = {
  mkv: { audio: ['opus', 'aac'], video: ['h264', 'vp8', 'vp9', 'av1'] },
  webm: { audio: ['opus'], video: ['vp8', 'vp9', 'av1'] },
  mp4: { audio: ['opus', 'aac'], video: ['h264', 'vp9', 'av1'] },
  ts: { audio: ['aac'], video: ['h264'] },
};

/** What a track has to be made into; undefined: it is taken as it comes. */
export type Wish = NonNullable<NonNullable<EgressProcessSpec['video']>['encode']> | { codec: 'opus' | 'aac' };

/** What has to become of a track before it goes into a recording. Live streams see to that themselves. */
export function wishFor(
  track: TrackDescription,
  target: EgressProcessTarget,
  spec: Pick<EgressProcessSpec, 'audio' | 'video'>,
): Wish | undefined {
  if (target.type !== 'recording') return undefined;
  const asked: Wish | undefined = spec[track.kind]?.encode;
  const carried = target.container === 'auto' ? undefined : carriages[target.container][track.kind];
  const codec = asked?.codec ?? track.codec;
  const fits = carried?.includes(codec) !== false;
  const { codec: _, ...shape } = asked ?? {};
  if (fits && codec === track.codec && Object.keys(shape).length === 0) return undefined;
  return { ...shape, codec: fits ? codec : carried?.[0] } as Wish;
}

/** The container that is meant by `auto`, once the codecs are known. */
export function containerOf(
  asked: Container,
  codecs: { audio?: string | undefined; video?: string | undefined },
): Exclude<Container, 'auto'> {
  if (asked !== 'auto') return asked;
  const isPlain = codecs.video === undefined || codecs.video === 'h264';
  return isPlain ? 'mp4' : 'mkv';
}
