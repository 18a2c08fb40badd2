import { reduce } from '../../../client/app/src/state/reducer.ts';
import type { Action } from '../../../client/app/src/state/actions.ts';
import { initialState } from '../../../client/app/src/state/types.ts';
import type {
  AppState,
  ChatMessage,
  MixView,
  Self,
  StreamView,
} from '../../../client/app/src/state/types.ts';

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
  inViews: [],
  ...change,
});

/** The mixed stream of a view that shows these streams. */
export const mix = (label: string, shown: string[] = [], change: Partial<MixView> = {}): MixView => ({
  ...stream(`demo-${label}`, `demo-${label}`),
  audio: { source: 'mixed', muted: false },
  video: { source: 'mixed', muted: false },
  label,
  choice: 'grid',
  layout: shown.map((id, index) => ({
    stream: id,
    region: {
      id: String(index + 1),
      shape: 'rectangle',
      area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' },
    },
  })),
  ratio: 16 / 9,
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
