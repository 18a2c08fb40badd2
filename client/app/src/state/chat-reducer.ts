import type { ChatAction } from './actions.ts';
import { withToast } from './toasts.ts';
import type { AppState } from './types.ts';

/** Older messages are let go: a call may last all day. */
const maxMessages = 500;
const maxPreview = 200;

export const reduceChat = (state: AppState, action: ChatAction): AppState => {
  switch (action.type) {
    case 'message': {
      if (state.messages.some((message) => message.key === action.message.key)) return state;
      const seen = state.panel === 'chat' || action.message.mine;
      const added = { ...state, messages: [...state.messages, action.message].slice(-maxMessages) };
      if (seen) return added;
      const preview = `${action.message.name}: ${action.message.text.slice(0, maxPreview)}`;
      return withToast({ ...added, unread: state.unread + 1 }, 'chat', preview);
    }
    case 'message-delivery':
      return {
        ...state,
        messages: state.messages.map((message) =>
          message.key === action.key ? { ...message, delivery: action.delivery } : message,
        ),
      };
    case 'chat-to':
      return { ...state, chatTo: action.id };
  }
};
