import type { StreamInfo } from '../../common/contract/media.ts';

/** Mixed streams stand before others (OWT 7.3). */
export function mixedFirst<S extends { info: StreamInfo }>(streams: readonly S[]): S[] {
  const rank = ({ info }: S) => (info.type === 'mixed' ? 0 : 1);
  return streams.toSorted((a, b) => rank(a) - rank(b));
}
