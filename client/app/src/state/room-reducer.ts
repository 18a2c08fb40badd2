import type { RoomAction } from './actions.ts';
import type { AppState, Person, StreamView } from './types.ts';
import { withToast } from './toasts.ts';

const byId = <T extends { id: string }>(items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((item) => [item.id, item]));

const without = <T>(record: Record<string, T>, key: string): Record<string, T> => {
  const { [key]: _gone, ...rest } = record;
  return rest;
};

const appended = (list: readonly string[], id: string): string[] =>
  list.includes(id) ? [...list] : [...list, id];

const joined = (state: AppState, action: Extract<RoomAction, { type: 'joined' }>): AppState => {
  const { permission: _permission, ...me } = action.self;
  const people: Person[] = [...action.people.filter((person) => person.id !== me.id), me];
  return {
    ...state,
    screen: 'call',
    connection: 'connected',
    self: action.self,
    people: byId(people),
    order: people.map((person) => person.id),
    room: action.room,
    joinedAt: action.at,
    joinError: null,
    ending: null,
  };
};

const personLeft = (state: AppState, id: string, removed: boolean): AppState => {
  const person = state.people[id];
  if (!person) return state;
  const gone = {
    ...state,
    people: without(state.people, id),
    order: state.order.filter((other) => other !== id),
    speaking: state.speaking.filter((other) => other !== id),
    dominant: state.dominant === id ? null : state.dominant,
    lastSpoke: without(state.lastSpoke, id),
    chatTo: state.chatTo === id ? null : state.chatTo,
  };
  return withToast(gone, 'info', removed ? `${person.user} was removed` : `${person.user} left`);
};

const putStream = (state: AppState, stream: StreamView): AppState => ({
  ...state,
  streams: { ...state.streams, [stream.id]: stream },
  streamOrder: appended(state.streamOrder, stream.id),
});

/** The room's news about a stream says nothing about how we receive it. */
const updateStream = (state: AppState, stream: StreamView): AppState => {
  const known = state.streams[stream.id];
  if (!known) return state;
  return putStream(state, {
    ...stream,
    local: known.local,
    receiving: known.receiving,
    problem: known.problem,
  });
};

const removeStream = (state: AppState, id: string): AppState => ({
  ...state,
  streams: without(state.streams, id),
  streamOrder: state.streamOrder.filter((other) => other !== id),
  quality: without(state.quality, id),
  pinned: state.pinned === id ? null : state.pinned,
});

const personJoined = (state: AppState, person: Person): AppState => {
  const known = state.people[person.id] !== undefined;
  const added: AppState = {
    ...state,
    people: { ...state.people, [person.id]: person },
    order: appended(state.order, person.id),
  };
  return known ? added : withToast(added, 'info', `${person.user} joined`);
};

const personAway = (state: AppState, id: string, away: boolean): AppState => {
  const person = state.people[id];
  return person ? { ...state, people: { ...state.people, [id]: { ...person, away } } } : state;
};

const receiving = (
  state: AppState,
  { id, ...action }: Extract<RoomAction, { type: 'receiving' }>,
): AppState => {
  const change = { receiving: action.receiving, problem: action.problem ?? null };
  const [stream, mix] = [state.streams[id], state.mixes[id]];
  if (mix) return { ...state, mixes: { ...state.mixes, [id]: { ...mix, ...change } } };
  return stream ? putStream(state, { ...stream, ...change }) : state;
};

export const reduceRoom = (state: AppState, action: RoomAction): AppState => {
  switch (action.type) {
    case 'joined':
      return joined(state, action);
    case 'person-joined':
      return personJoined(state, action.person);
    case 'person-away':
      return personAway(state, action.id, action.away);
    case 'person-left':
      return personLeft(state, action.id, action.removed);
    case 'stream-added':
      return putStream(state, action.stream);
    case 'stream-updated':
      return updateStream(state, action.stream);
    case 'stream-removed':
      return removeStream(state, action.id);
    case 'receiving':
      return receiving(state, action);
    case 'speaking': {
      const times = Object.fromEntries(action.people.map((id) => [id, action.at]));
      return {
        ...state,
        speaking: action.people,
        dominant: action.dominant,
        lastSpoke: { ...state.lastSpoke, ...times },
      };
    }
    case 'quality':
      if (!state.streams[action.id]) return state;
      return { ...state, quality: { ...state.quality, [action.id]: action.score } };
  }
};
