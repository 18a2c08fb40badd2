import { mixOf, showsMix } from './mix-selectors.ts';
import type { AppState, Person, StreamView } from './types.ts';

/** What one tile of the stage shows. */
export interface Tile {
  /** Participant id, or stream id for shared screens and streams without a participant. */
  key: string;
  kind: 'person' | 'screen' | 'feed';
  owner: string;
  name: string;
  self: boolean;
  /** Stream whose video is shown; null: nothing to show but the avatar. */
  video: string | null;
  muted: boolean;
  hasMic: boolean;
  /** Its camera is on, whether or not it is received here. */
  hasCamera: boolean;
  interrupted: boolean;
  /** Whose it is has lost the connection; what is shown may go on for a while. */
  away: boolean;
  problem: string | null;
  speaking: boolean;
  /** 0 to 10; null: unknown. */
  quality: number | null;
}

export const isScreen = (stream: StreamView): boolean =>
  (stream.video?.source ?? stream.audio?.source) === 'screen-cast';

const streamsInOrder = (state: AppState): StreamView[] =>
  state.streamOrder.flatMap((id) => state.streams[id] ?? []);

/** `null` when none of the streams has a score yet, else the worst one. */
const worstQuality = (state: AppState, streams: readonly StreamView[]): number | null => {
  const scores = streams.flatMap((stream) => state.quality[stream.id] ?? []);
  return scores.length === 0 ? null : Math.min(...scores);
};

export const isReceived = (stream: StreamView): boolean =>
  stream.receiving === 'live' || stream.receiving === 'restoring';

const canShow = (stream: StreamView): boolean =>
  stream.video !== null && !stream.video.muted && isReceived(stream);

const isInterrupted = (stream: StreamView): boolean => stream.interrupted || stream.receiving === 'restoring';

const personTile = (state: AppState, person: Person, streams: readonly StreamView[]): Tile => {
  const own = streams.filter((stream) => stream.owner === person.id && !isScreen(stream));
  const shown = own.findLast(canShow);
  const mic = own.findLast((stream) => stream.audio !== null);
  const interrupted = own.some(isInterrupted);
  return {
    key: person.id,
    kind: 'person',
    owner: person.id,
    name: person.user,
    self: person.id === state.self?.id,
    video: shown?.id ?? null,
    muted: mic?.audio?.muted ?? true,
    hasMic: mic !== undefined,
    hasCamera: own.some(({ video }) => video?.muted === false),
    interrupted,
    away: person.away ?? false,
    problem: own.find((stream) => stream.receiving === 'failed')?.problem ?? null,
    speaking: state.speaking.includes(person.id) && !interrupted,
    quality: worstQuality(state, own),
  };
};

const streamTile = (state: AppState, stream: StreamView): Tile => {
  const person = state.people[stream.owner];
  const screen = isScreen(stream);
  return {
    key: stream.id,
    kind: screen ? 'screen' : 'feed',
    owner: stream.owner,
    name: person?.user ?? stream.title ?? 'Live stream',
    self: stream.local,
    video: canShow(stream) ? stream.id : null,
    muted: stream.audio?.muted ?? false,
    hasMic: stream.audio !== null,
    hasCamera: stream.video?.muted === false,
    interrupted: isInterrupted(stream),
    away: person?.away ?? false,
    problem: stream.problem,
    speaking: false,
    quality: state.quality[stream.id] ?? null,
  };
};

/** All tiles: people in the order of joining with oneself last, then shared screens and feeds. */
export const tilesOf = (state: AppState): Tile[] => {
  const streams = streamsInOrder(state);
  const people = state.order.flatMap((id) => state.people[id] ?? []);
  const me = state.self?.id;
  const ordered = [...people.filter((person) => person.id !== me), ...people.filter((p) => p.id === me)];
  const extra = streams.filter((stream) => isScreen(stream) || !state.people[stream.owner]);
  return [
    ...ordered.map((person) => personTile(state, person, streams)),
    ...extra.filter((stream) => stream.video !== null).map((stream) => streamTile(state, stream)),
  ];
};

/** The tile shown large: the pinned one, else the newest screen of somebody else; null: the plain grid. */
export const spotlightOf = (tiles: readonly Tile[], pinned: string | null): Tile | null =>
  tiles.find((tile) => tile.key === pinned) ??
  tiles.findLast((tile) => tile.kind === 'screen' && !tile.self) ??
  null;

/** Remote streams that have sound to play: the mix as soon as it is there, so that nobody is heard twice. */
export const audibleStreams = (state: AppState): StreamView[] => {
  const mix = showsMix(state) ? mixOf(state) : null;
  const streams = mix !== null && isReceived(mix) ? [mix] : streamsInOrder(state);
  return streams.filter((stream) => !stream.local && stream.audio !== null && isReceived(stream));
};

/** Who can be written to or moderated: everybody else. */
export const othersOf = (state: AppState): Person[] =>
  state.order.flatMap((id) => state.people[id] ?? []).filter((person) => person.id !== state.self?.id);
