import { reduce } from '../../../client/app/src/state/reducer.ts';
import type { Action } from '../../../client/app/src/state/actions.ts';
import { initialState } from '../../../client/app/src/state/types.ts';
import type { AppState, ChatMessage, Self, StreamView } from '../../../client/app/src/state/types.ts';

const everything = {
  publishAudio: true,
  publishVideo: true,
  subscribeAudio: true,
  subscribeVideo: true,
  moderate: false,
};

export const alice: Self = { id: 'a', user: 'Alice', role: 'presenter', permission: everything };

export const after = (actions: readonly Action[], state: AppState = initialState): AppState =>
  actions.reduce(reduce, state);

/** Alice in a room with Bob. */
export const inCall = (...actions: Action[]): AppState =>
  after([
    { type: 'joining', room: 'demo', direct: false },
    {
      type: 'joined',
      self: alice,
      room: 'demo',
      people: [{ id: 'b', user: 'Bob', role: 'viewer' }],
      at: 1000,
    },
    ...actions,
  ]);

export const stream = (id: string, owner: string, change: Partial<StreamView> = {}): StreamView => ({
  id,
  owner,
  local: false,
  audio: { source: 'mic', muted: false },
  video: { source: 'camera', muted: false },
  interrupted: false,
  receiving: 'live',
  problem: null,
  title: null,
  ...change,
});

export const screen = (id: string, owner: string, change: Partial<StreamView> = {}): StreamView =>
  stream(id, owner, { audio: null, video: { source: 'screen-cast', muted: false }, ...change });

export const message = (key: string, change: Partial<ChatMessage> = {}): ChatMessage => ({
  key,
  from: 'b',
  name: 'Bob',
  mine: false,
  privateTo: null,
  text: 'hello',
  at: 0,
  delivery: 'sent',
  ...change,
});
