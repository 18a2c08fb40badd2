import type {
  ChatMessage,
  Connection,
  Ending,
  MixView,
  Panel,
  Person,
  Receiving,
  RecordingView,
  Self,
  Sharing,
  StageMode,
  StreamView,
  ToastTone,
} from './types.ts';

/** Everything that can happen to the page. Names say what happened, not what should be done. */
export type Action =
  | { type: 'joining'; room: string; direct: boolean }
  | { type: 'join-failed'; message: string }
  | { type: 'token-needed' }
  | { type: 'joined'; self: Self; room: string; people: Person[]; at: number }
  | { type: 'connection'; state: Connection }
  | { type: 'ended'; ending: Ending }
  | { type: 'back-to-prejoin' }
  | { type: 'person-joined'; person: Person }
  | { type: 'person-away'; id: string; away: boolean }
  | { type: 'person-left'; id: string; removed: boolean }
  | { type: 'stream-added'; stream: StreamView }
  | { type: 'stream-updated'; stream: StreamView }
  | { type: 'stream-removed'; id: string }
  | { type: 'mix-added'; mix: MixView }
  | { type: 'mix-updated'; mix: MixView }
  | { type: 'mix-removed'; id: string }
  | { type: 'receiving'; id: string; receiving: Receiving; problem?: string }
  | { type: 'speaking'; people: string[]; dominant: string | null; at: number }
  | { type: 'quality'; id: string; score: number }
  | { type: 'message'; message: ChatMessage }
  | { type: 'message-delivery'; key: string; delivery: ChatMessage['delivery'] }
  | { type: 'chat-to'; id: string | null }
  | { type: 'panel'; panel: Panel | null }
  | { type: 'settings'; open: boolean }
  | { type: 'stage'; stage: StageMode }
  | { type: 'view'; label: string | null }
  | { type: 'self-view'; on: boolean }
  | { type: 'layout-editor'; open: boolean }
  | { type: 'pin'; key: string | null }
  | { type: 'toast'; tone: ToastTone; text: string }
  | { type: 'toast-gone'; key: number }
  | { type: 'sharing'; sharing: Sharing }
  | { type: 'recording'; recording: RecordingView }
  | { type: 'recording-ended'; id: string; problem?: string }
  | { type: 'record-dialog'; open: boolean }
  | { type: 'record-noticed' }
  | { type: 'sound-blocked'; blocked: boolean };

type Of<T extends Action['type']> = Extract<Action, { type: T }>;
export type RoomAction = Of<
  | 'joined'
  | 'person-joined'
  | 'person-away'
  | 'person-left'
  | 'stream-added'
  | 'stream-updated'
  | 'stream-removed'
  | 'receiving'
  | 'speaking'
  | 'quality'
>;
export type MixAction = Of<
  'mix-added' | 'mix-updated' | 'mix-removed' | 'stage' | 'view' | 'self-view' | 'layout-editor'
>;
export type RecordingAction = Of<'recording' | 'recording-ended' | 'record-dialog' | 'record-noticed'>;
export type ChatAction = Of<'message' | 'message-delivery' | 'chat-to'>;
