import type { AppState, MixView, StreamView } from './types.ts';

/** Views of the room in its order. */
export const mixesOf = (state: AppState): MixView[] => state.mixOrder.flatMap((id) => state.mixes[id] ?? []);

/** The view that is looked at, or would be; null in a room that mixes nothing one may receive. */
export const mixOf = (state: AppState): MixView | null => {
  const mixes = mixesOf(state).filter(({ audio, video }) => audio !== null || video !== null);
  return mixes.find(({ label }) => label === state.view) ?? mixes[0] ?? null;
};

export const showsMix = (state: AppState): boolean => state.stage === 'mixed' && mixOf(state) !== null;

/**
 * What can be said of the mixed picture. `starting`: nothing was received yet; `restoring`: it was there and comes back;
 * `empty`: it shows nobody; `failed`: `MixView.problem` says why.
 */
export type MixStatus = 'starting' | 'live' | 'restoring' | 'empty' | 'failed';

const forwarded = (state: AppState): StreamView[] =>
  state.streamOrder.flatMap((id) => state.streams[id] ?? []);

/** Streams that are mixed into a view, in the order of joining the call. */
const mixedInto = (state: AppState, label: string): StreamView[] =>
  forwarded(state).filter(({ inViews }) => inViews.includes(label));

/** How many people are seen or heard in a view; a stream of the room itself counts as one. */
export const peopleIn = (state: AppState, label: string): number =>
  new Set(mixedInto(state, label).map(({ owner }) => owner)).size;

export const mixStatusOf = (state: AppState, mix: MixView): MixStatus => {
  if (mix.receiving === 'failed') return 'failed';
  if (mix.interrupted || mix.receiving === 'restoring') return 'restoring';
  if (mix.receiving !== 'live') return 'starting';
  const shown = mix.layout.some(({ stream }) => stream !== undefined);
  return shown || mixedInto(state, mix.label).length > 0 ? 'live' : 'empty';
};

/** Streams of a person, shared screens included. */
const streamsOf = (state: AppState, owner: string): StreamView[] =>
  forwarded(state).filter((stream) => stream.owner === owner);

/** How a person stands to the view that is looked at; null: it cannot be mixed. */
export interface Mixing {
  mixed: boolean;
  /** Streams that would be put in or taken out. */
  streams: string[];
  /** The stream that becomes the main picture; null: none of its pictures is in the view. */
  primary: string | null;
}

export const mixingOf = (state: AppState, owner: string): Mixing | null => {
  const mix = mixOf(state);
  const streams = streamsOf(state, owner);
  if (mix === null || streams.length === 0) return null;
  const mixed = streams.filter(({ inViews }) => inViews.includes(mix.label));
  const primary = mixed.findLast(({ video }) => video !== null && !video.muted) ?? null;
  return {
    mixed: mixed.length > 0,
    streams: (mixed.length > 0 ? mixed : streams).map(({ id }) => id),
    primary: primary?.id ?? null,
  };
};

const nameOf = (state: AppState, stream: StreamView): string => {
  const name = state.people[stream.owner]?.user ?? stream.title ?? 'Live stream';
  return stream.video?.source === 'screen-cast' ? `${name}’s screen` : name;
};

/** Names of all streams with a picture that a view may show. */
export const mixedNames = (state: AppState, label: string): { id: string; name: string; owner: string }[] =>
  mixedInto(state, label)
    .filter(({ video }) => video !== null)
    .map((stream) => ({ id: stream.id, name: nameOf(state, stream), owner: stream.owner }));

/** Says in words who is in the picture, in the order of its regions. */
export const describeMix = (state: AppState, mix: MixView): string => {
  const names = mix.layout.flatMap(({ stream }) => {
    const known = stream === undefined ? undefined : state.streams[stream];
    return known ? [nameOf(state, known)] : [];
  });
  if (names.length === 0) return 'Mixed view';
  return `Mixed view of ${new Intl.ListFormat('en').format(names)}`;
};
