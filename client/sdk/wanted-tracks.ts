import { PorticoClientError } from './errors.ts';
import type { RemoteStream } from './stream.ts';
import type { Kind, RemoteTrack, SubscribeOptions, VideoParameters } from './types.ts';

export interface WantedTrack {
  track: RemoteTrack;
  parameters?: VideoParameters;
}

const notFound = (stream: RemoteStream, what: string, field?: Kind): PorticoClientError =>
  new PorticoClientError(
    'track_not_found',
    `Stream '${stream.id}' has ${what}.`,
    field === undefined ? {} : { field },
  );

function wantedTrack(stream: RemoteStream, kind: Kind, options: SubscribeOptions): WantedTrack | undefined {
  const option = options[kind];
  if (option === false) return undefined;
  const { track: id, ...parameters } =
    typeof option === 'object' ? option : { track: typeof option === 'string' ? option : undefined };
  const track = stream.tracks.find((one) => one.kind === kind && (id === undefined || one.id === id));
  if (track !== undefined) return Object.keys(parameters).length === 0 ? { track } : { track, parameters };
  if (option === undefined) return undefined;
  throw notFound(stream, id === undefined ? `no ${kind} track` : `no ${kind} track '${id}'`, kind);
}

/**
 * The tracks that the options mean: of a kind that is not mentioned, the one that is there, if any.
 * @throws PorticoClientError `track_not_found`
 */
export function wantedTracks(stream: RemoteStream, options: SubscribeOptions): WantedTrack[] {
  const wanted = (['audio', 'video'] as const).flatMap((kind) => wantedTrack(stream, kind, options) ?? []);
  if (wanted.length === 0) throw notFound(stream, 'nothing that is wanted');
  return wanted;
}
