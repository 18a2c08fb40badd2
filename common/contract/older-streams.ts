import type { MixedStreamInfo, StreamInfo, TrackInfo } from './media.ts';

/* Streams as older protocols showed them: by kind instead of by track (OWT 11). */

/** What sound and picture have alike. `optional` says besides what the track is sent as. */
function common({ status, source, format, optional }: TrackInfo) {
  return { status, ...(source === undefined ? {} : { source }), format, optional };
}

function parts({ media }: StreamInfo) {
  const of = (kind: TrackInfo['type']) => media.tracks.filter((track) => track.type === kind);
  const audio = of('audio')[0];
  return { audio: audio === undefined ? (false as const) : common(audio), videos: of('video') };
}

/** OWT does not tell by what rule the regions of a mixed stream are laid out. */
const mixedInfo = ({ info: { label, activeInput, layout } }: MixedStreamInfo) => ({
  label,
  activeInput,
  layout,
});

/** What does not depend on the version. */
const framed = <M extends object>(stream: StreamInfo, media: M) =>
  stream.type === 'mixed'
    ? { id: stream.id, type: stream.type, media, info: mixedInfo(stream) }
    : { id: stream.id, type: stream.type, media, info: stream.info };

const parametersOf = ({ parameters }: TrackInfo) => (parameters === undefined ? {} : { parameters });

/** Protocol 1.0: one format of the picture. */
export function toStream10(stream: StreamInfo) {
  const { audio, videos } = parts(stream);
  const [first] = videos;
  const video = first === undefined ? (false as const) : { ...common(first), ...parametersOf(first) };
  return framed(stream, { audio, video });
}

/** Protocol 1.1: a list of what is sent. */
export function toStream11(stream: StreamInfo) {
  const { audio, videos } = parts(stream);
  const [first] = videos;
  if (first === undefined) return framed(stream, { audio, video: false as const });
  const { format: _format, ...rest } = common(first);
  const original = videos.map((track) => ({ format: track.format, ...parametersOf(track) }));
  return framed(stream, { audio, video: { ...rest, original } });
}

/** Protocol 1.2: by track, as today. */
export const toStream12 = (stream: StreamInfo): StreamInfo =>
  stream.type === 'mixed' ? { ...stream, info: mixedInfo(stream) } : stream;
