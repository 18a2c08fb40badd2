import type { EgressAudio, EgressSpec, EgressVideo } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { StreamId, TrackId } from '../../common/contract/ids.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { EgressMedia } from '../../common/contract/management.ts';
import type { RoomState } from '../room-state.ts';
import { findSource } from '../sources.ts';
import { mainOutput } from '../views/variants.ts';
import { toParameters, type View } from '../views/view.ts';

/** What was asked of a track, whatever becomes of its stream. */
interface Asked {
  stream: StreamId;
  id: TrackId;
  paused: boolean;
}

/** What a recording or live stream receives. */
export interface EgressTracks {
  audio?: Asked & Pick<EgressAudio, 'encode'>;
  video?: Asked & Pick<EgressVideo, 'encode'>;
}

/** What is true of a track right now. */
type Facts = Pick<EgressVideo, 'id' | 'muted' | 'origin' | 'format' | 'parameters' | 'layers'>;

/** Key of the sound that holds everybody. */
export const commonSound = 'common';

/**
 * The tracks that somebody asks for.
 * @param field path of the media in the request
 * @throws PorticoError `bad_request`, `stream_not_found`, `track_not_found`
 */
export function findTracks(state: RoomState, { audio, video }: EgressMedia, field: string): EgressTracks {
  if (audio === undefined && video === undefined) {
    throw new PorticoError('bad_request', 'neither sound nor picture is asked for', { field });
  }
  return {
    ...(audio && { audio: { ...find(state, 'audio', audio.from, `${field}.audio`), ...encodeOf(audio) } }),
    ...(video && { video: { ...find(state, 'video', video.from, `${field}.video`), ...encodeOf(video) } }),
  };
}

/** @throws PorticoError `stream_not_found`, `track_not_found` */
export function find(state: RoomState, type: Kind, from: StreamId | TrackId, field: string): Asked {
  const { stream, id } = findSource(state, { from, type }, field);
  return { stream, id, paused: false };
}

const encodeOf = <E>({ encode }: { encode?: E | undefined }): { encode?: E } =>
  encode === undefined ? {} : { encode };

/** Whether the room has the stream of a track, sent right now or not. */
export function isThere(state: RoomState, kind: Kind, { stream }: Asked): boolean {
  const view = state.viewOf(stream);
  if (view !== undefined) return view.track(kind) !== undefined;
  return state.streams.get(stream)?.track(kind) !== undefined;
}

/** Undefined when the room has no such stream. */
function factsOf(state: RoomState, kind: Kind, { stream: id }: Asked): Facts | undefined {
  const view = state.viewOf(id);
  if (view !== undefined) return mixedFacts(view, kind);
  const stream = state.streams.get(id);
  const track = stream?.track(kind);
  if (stream === undefined || track === undefined) return undefined;
  const origin = stream.origin(track);
  return {
    id: track.id,
    muted: track.paused,
    ...(origin && { origin }),
    ...(track.format && { format: track.format }),
    ...(kind === 'video' && track.parameters && { parameters: track.parameters }),
    ...(kind === 'video' && track.layers && { layers: track.layers }),
  };
}

function mixedFacts(view: View, kind: Kind): Facts | undefined {
  const id = view.track(kind);
  if (id === undefined) return undefined;
  if (kind === 'audio' || view.video === undefined) {
    const origin = view.origin('audio', commonSound);
    return { id, muted: false, ...(origin && { origin }), format: view.settings.audio.format };
  }
  const main = mainOutput(view.video);
  const origin = view.origin('video', main.key);
  const layers = view.running?.state.video.find(({ key }) => key === main.key)?.layers;
  return {
    id,
    muted: false,
    ...(origin && { origin }),
    format: view.video.format,
    parameters: toParameters(main),
    ...(layers && { layers }),
  };
}

/**
 * The tracks as a mixer agent is told of them.
 * @param before as an owner before this one told them: of streams that are not known again yet
 */
export function describeTracks(
  state: RoomState,
  { audio, video }: EgressTracks,
  before: Pick<EgressSpec, 'audio' | 'video'> = {},
): Pick<EgressSpec, 'audio' | 'video'> {
  return {
    ...(audio && { audio: describeAudio(state, audio, before.audio) }),
    ...(video && { video: describeVideo(state, video, before.video) }),
  };
}

function describeAudio(
  state: RoomState,
  asked: NonNullable<EgressTracks['audio']>,
  before?: EgressAudio,
): EgressAudio {
  return { ...described(asked, settle(asked, factsOf(state, 'audio', asked), before)), ...encodeOf(asked) };
}

function describeVideo(
  state: RoomState,
  asked: NonNullable<EgressTracks['video']>,
  before?: EgressVideo,
): EgressVideo {
  const facts = settle(asked, factsOf(state, 'video', asked), before);
  const { parameters, layers } = facts;
  return {
    ...described(asked, facts),
    ...(parameters && { parameters }),
    ...(layers && { layers }),
    ...encodeOf(asked),
  };
}

/** What is told of both kinds. */
function described({ stream, paused }: Asked, { id, muted, origin, format }: Facts) {
  return { stream, id, paused, muted, ...(origin && { origin }), ...(format && { format }) };
}

/** What is known now; what was known before, while that cannot be received; or nothing is expected of it. */
function settle({ stream, id }: Asked, facts?: Facts, before?: EgressVideo | EgressAudio): Facts {
  if (facts?.origin !== undefined) return facts;
  return before?.stream === stream ? before : (facts ?? { id, muted: true });
}

/** Streams that it receives, each once. */
export const streamsOf = ({ audio, video }: EgressTracks): StreamId[] => [
  ...new Set([audio, video].flatMap((track) => (track === undefined ? [] : [track.stream]))),
];

/** The tracks of a spec, as they were asked for. */
export function tracksOf({ audio, video }: Pick<EgressSpec, 'audio' | 'video'>): EgressTracks {
  return {
    ...(audio && { audio: { ...asked(audio), ...encodeOf(audio) } }),
    ...(video && { video: { ...asked(video), ...encodeOf(video) } }),
  };
}

const asked = ({ stream, id, paused }: Asked): Asked => ({ stream, id, paused });
