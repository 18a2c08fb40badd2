import type { Action } from './actions.ts';
import { initialState } from './types.ts';
import type { AppState } from './types.ts';
import { reduceChat } from './chat-reducer.ts';
import { reduceMix } from './mix-reducer.ts';
import { reduceRecording } from './recording-reducer.ts';
import { reduceRoom } from './room-reducer.ts';
import { withToast } from './toasts.ts';

/** A new call starts from nothing but how the person likes to see it. */
const fresh = (state: AppState): AppState => ({
  ...initialState,
  room: state.room,
  needsToken: state.needsToken,
  stage: state.stage,
  selfView: state.selfView,
});

/** Everything written was seen then, also what a notice still shows. */
const withChatOpen = (state: AppState): AppState => ({
  ...state,
  panel: 'chat',
  unread: 0,
  toasts: state.toasts.filter((toast) => toast.tone !== 'chat'),
});

/** The whole behaviour of the page as one pure function. */
export const reduce = (state: AppState, action: Action): AppState => {
  switch (action.type) {
    case 'joining':
      return {
        ...fresh(state),
        screen: 'joining',
        connection: 'connecting',
        room: action.room,
        direct: action.direct,
      };
    case 'join-failed':
      return { ...fresh(state), joinError: action.message };
    case 'token-needed':
      return { ...fresh(state), needsToken: true };
    case 'connection':
      return { ...state, connection: action.state };
    case 'ended':
      return { ...fresh(state), screen: 'ended', connection: 'closed', ending: action.ending };
    case 'back-to-prejoin':
      return fresh(state);
    case 'panel':
      return action.panel === 'chat' ? withChatOpen(state) : { ...state, panel: action.panel };
    case 'settings':
      return { ...state, settingsOpen: action.open };
    case 'pin':
      return { ...state, pinned: action.key };
    case 'toast':
      return withToast(state, action.tone, action.text);
    case 'toast-gone':
      return { ...state, toasts: state.toasts.filter((toast) => toast.key !== action.key) };
    case 'sharing':
      return { ...state, sharing: action.sharing };
    case 'sound-blocked':
      return { ...state, soundBlocked: action.blocked };
    case 'message':
    case 'message-delivery':
    case 'chat-to':
      return reduceChat(state, action);
    case 'mix-added':
    case 'mix-updated':
    case 'mix-removed':
    case 'stage':
    case 'view':
    case 'self-view':
    case 'layout-editor':
      return reduceMix(state, action);
    case 'recording':
    case 'recording-ended':
    case 'record-dialog':
    case 'record-noticed':
      return reduceRecording(state, action);
    default:
      return reduceRoom(state, action);
  }
};
