import { PorticoClientError } from './errors.ts';
import { MixedStream } from './stream.ts';
import type { RemoteStream } from './stream.ts';
import type { PublishOptions } from './types.ts';

type Streams = ReadonlyMap<string, RemoteStream>;

/** Streams of the views of a room, in the order of the room. */
export const mixedStreams = (streams: Streams): MixedStream[] =>
  [...streams.values()].filter((stream) => stream instanceof MixedStream);

/** The stream of a view; default: the first one. @throws PorticoClientError `not_found` */
export function viewOf(streams: Streams, label: string | undefined): MixedStream {
  const found = mixedStreams(streams).find((stream) => label === undefined || stream.label === label);
  if (found !== undefined) return found;
  const text = label === undefined ? 'The room has no views.' : `The room has no view '${label}'.`;
  throw new PorticoClientError('not_found', text, { field: 'view' });
}

/** Labels of the views that `PublishOptions.mix` means. @throws PorticoClientError `not_found` */
export function viewsToMix(streams: Streams, mix: PublishOptions['mix'] = false): string[] {
  if (typeof mix === 'boolean') return mix ? mixedStreams(streams).map(({ label }) => label) : [];
  return mix.map((label) => viewOf(streams, label).label);
}
