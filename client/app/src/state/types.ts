import type { LayoutEntry } from '../../../sdk/index.ts';

/** Everything the page shows, as plain data. Media objects live in the session, found by the ids used here. */

export type Screen = 'prejoin' | 'joining' | 'call' | 'ended';
export type Connection = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';
export type Panel = 'chat' | 'people';
export type Kind = 'audio' | 'video';
/** Everybody in a tile of their own, or the one picture that the room mixes. */
export type StageMode = 'grid' | 'mixed';

/**
 * `grid`: equal regions; `lecture`: one large, the others small; `speaker`: whoever speaks is the large one; `custom`: regions
 * that somebody drew.
 */
export type LayoutChoice = 'grid' | 'lecture' | 'speaker' | 'custom';

export interface Permission {
  publishAudio: boolean;
  publishVideo: boolean;
  subscribeAudio: boolean;
  subscribeVideo: boolean;
  moderate: boolean;
}

export interface Person {
  id: string;
  user: string;
  role: string;
  /** Its connection to the server broke; it may come back. */
  away?: boolean;
}

export interface Self extends Person {
  permission: Permission;
}

/** One track of a stream, as far as it is shown. */
export interface TrackView {
  source: string;
  muted: boolean;
}

/**
 * `off`: not asked for; `waiting`: subscription under way; `restoring`: it was live and comes back; `failed`: it did not work, `problem`
 * says why in plain words.
 */
export type Receiving = 'off' | 'waiting' | 'live' | 'restoring' | 'failed';

export interface StreamView {
  id: string;
  owner: string;
  local: boolean;
  audio: TrackView | null;
  video: TrackView | null;
  interrupted: boolean;
  receiving: Receiving;
  problem: string | null;
  /** Name given by the publisher; used for streams that belong to no participant. */
  title: string | null;
  /** Labels of the views that it is mixed into. */
  inViews: readonly string[];
}

/** The mixed stream of a view. */
export interface MixView extends StreamView {
  label: string;
  layout: readonly LayoutEntry[];
  /** What of the layout menu is in force; null: none of it. */
  choice: LayoutChoice | null;
  /** Width by height of the picture. */
  ratio: number;
}

export interface ChatMessage {
  key: string;
  from: string;
  /** Name at the time of writing: the sender may be gone when it is read. */
  name: string;
  mine: boolean;
  /** Name of the receiver of a private message; null: to everybody. */
  privateTo: string | null;
  text: string;
  at: number;
  /** `pending`: on its way, perhaps waiting for the connection. */
  delivery: 'pending' | 'sent' | 'failed';
}

export type ToastTone = 'info' | 'chat' | 'warning' | 'error';
export interface Toast {
  key: number;
  tone: ToastTone;
  text: string;
}

/** A recording that runs. `interrupted`: its agent is lost, it goes on in a moment. */
export interface RecordingView {
  id: string;
  /** ms since 1970. */
  startedAt: number;
  status: 'active' | 'paused' | 'interrupted';
}

export type Sharing = 'off' | 'starting' | 'on';

export type EndReason = 'left' | 'removed' | 'room_closed' | 'shutdown' | 'lost' | 'replaced' | 'failed';
export interface Ending {
  reason: EndReason;
  /** One plain sentence; null: the reason says it all. */
  detail: string | null;
}

export interface AppState {
  screen: Screen;
  connection: Connection;
  room: string;
  self: Self | null;
  people: Record<string, Person>;
  /** Participant ids in the order of joining, the own one included. */
  order: string[];
  streams: Record<string, StreamView>;
  streamOrder: string[];
  /** Mixed streams by id, and in the order of the room. */
  mixes: Record<string, MixView>;
  mixOrder: string[];
  stage: StageMode;
  /** Label of the view that is looked at; null: the first one. */
  view: string | null;
  /** The own picture is shown beside the mixed one. */
  selfView: boolean;
  /** Whether the layout of the view is being edited. */
  layoutOpen: boolean;
  speaking: string[];
  dominant: string | null;
  lastSpoke: Record<string, number>;
  /** 0 (worst) to 10 (best), by stream id. */
  quality: Record<string, number>;
  messages: ChatMessage[];
  unread: number;
  /** Receiver of the message being written; null: everybody. */
  chatTo: string | null;
  panel: Panel | null;
  settingsOpen: boolean;
  pinned: string | null;
  toasts: Toast[];
  nextToast: number;
  /** Whether the own screen is shown to the others. */
  sharing: Sharing;
  /** In the order in which they began. */
  recordings: RecordingView[];
  /** Whether it is asked if a recording is to begin. */
  recordOpen: boolean;
  /** Whether it is still to be said that the call is recorded. */
  recordNotice: boolean;
  soundBlocked: boolean;
  joinedAt: number | null;
  joinError: string | null;
  /** Joining by a link or again: the form is not shown meanwhile. */
  direct: boolean;
  /** This server gives out no tokens by itself. */
  needsToken: boolean;
  ending: Ending | null;
}

export const initialState: AppState = {
  screen: 'prejoin',
  connection: 'idle',
  room: '',
  self: null,
  people: {},
  order: [],
  streams: {},
  streamOrder: [],
  mixes: {},
  mixOrder: [],
  stage: 'grid',
  view: null,
  selfView: false,
  layoutOpen: false,
  speaking: [],
  dominant: null,
  lastSpoke: {},
  quality: {},
  messages: [],
  unread: 0,
  chatTo: null,
  panel: null,
  settingsOpen: false,
  pinned: null,
  toasts: [],
  nextToast: 1,
  sharing: 'off',
  recordings: [],
  recordOpen: false,
  recordNotice: false,
  soundBlocked: false,
  joinedAt: null,
  joinError: null,
  direct: false,
  needsToken: false,
  ending: null,
};
