import type { PublishedTrack } from '../../common/contract/published-track.ts';
import type { AudioOutputKey, MixInput, MixSpec } from '../../common/contract/mix.ts';
import type { RoomState } from '../room-state.ts';
import type { Stream } from '../stream.ts';
import type { Needs } from './demand.ts';
import type { View } from './view.ts';

export interface MixSpecParts {
  state: RoomState;
  view: View;
  needs: Needs;
  /** Inputs as they were when the room changed hands: of streams that are not known again yet. */
  before?: readonly MixInput[];
}

/** Longest name that a mix takes. */
const longestName = 256;

/** A spec without its number. */
export type MixBody = Omit<MixSpec, 'revision'>;

/** All that a mix is to be right now. */
export function mixSpec({ state, view, needs, before = [] }: MixSpecParts): MixBody {
  const inputs = [...view.mixed].flatMap((id): MixInput[] => {
    const stream = state.streams.get(id);
    if (stream !== undefined) return [inputOf(stream, state, view)];
    return before.filter((input) => input.stream === id);
  });
  const known = new Set(inputs.map(({ stream }) => stream));
  const layout = view.layout.map(({ stream, region }) =>
    stream === undefined || !known.has(stream) ? { region } : { stream, region },
  );
  const video = videoOf(view);
  return {
    view: view.label,
    stream: view.stream,
    audio: true,
    ...(video === undefined ? {} : { video }),
    inputs,
    layout,
    outputs: {
      audio: [...needs.audio].sort() as AudioOutputKey[],
      video: [...needs.video.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    },
  };
}

function videoOf({ video }: View): MixSpec['video'] {
  if (video === undefined) return undefined;
  const { format, parameters, bgColor, layout, labels, speakingMark } = video;
  return {
    format,
    resolution: parameters.resolution,
    framerate: parameters.framerate,
    background: bgColor,
    fit: layout.fitPolicy,
    labels,
    speakingMark,
  };
}

function inputOf(stream: Stream, state: RoomState, view: View): MixInput {
  const { id, owner } = stream;
  const audio = stream.track('audio');
  const video = view.video === undefined ? undefined : stream.track('video');
  return {
    stream: id,
    participant: owner,
    name: nameOf(stream, state).slice(0, longestName),
    ...(audio === undefined ? {} : { audio: trackOf(stream, audio) }),
    ...(video === undefined ? {} : { video: trackOf(stream, video) }),
  };
}

/** Of whoever sends it; of what is fetched from a URL what its attributes say. */
function nameOf({ owner, isFetched, attributes }: Stream, state: RoomState): string {
  if (!isFetched) return state.participants.get(owner)?.user ?? '';
  return typeof attributes['name'] === 'string' ? attributes['name'] : '';
}

function trackOf(stream: Stream, track: PublishedTrack): NonNullable<MixInput['audio']> {
  const { id, paused, parameters, layers } = track;
  const origin = stream.origin(track);
  return {
    id,
    paused,
    ...(origin === undefined ? {} : { origin }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(layers === undefined ? {} : { layers }),
  };
}
