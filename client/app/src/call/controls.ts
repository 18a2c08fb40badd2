import type { CaptureSource } from '../media/problems.ts';
import type { LayoutEntry } from '../../../sdk/index.ts';
import type { Kind, LayoutChoice, StageMode } from '../state/types.ts';
import type { Place } from './place.ts';

export interface JoinRequest {
  room: string;
  user: string;
  role: string;
  /** A token made elsewhere; without it the development endpoint is asked. */
  token?: string;
}

/** What the page can ask about the views of the room. */
export interface MixControls {
  readonly setStage: (stage: StageMode) => void;
  readonly chooseView: (label: string) => void;
  readonly setSelfView: (on: boolean) => void;
  /** Asks again for a mix that could not be received. */
  readonly retry: () => void;
  readonly chooseLayout: (choice: Exclude<LayoutChoice, 'custom'>) => void;
  readonly setLayout: (layout: readonly LayoutEntry[]) => void;
  /** Puts all that somebody publishes into the view, or takes it out. */
  readonly setMixed: (participant: string, mixed: boolean) => void;
  /** Gives somebody the first place of the view. */
  readonly makePrimary: (participant: string) => void;
}

/** What moderators can ask about recordings. */
export interface RecordingControls {
  /** Records the view that is looked at. */
  readonly start: () => void;
  readonly pause: (id: string) => void;
  readonly play: (id: string) => void;
  readonly stop: (id: string) => void;
}

/** What the page can ask of a call. Results come back as state; nothing here rejects. */
export interface CallControls {
  readonly join: (request: JoinRequest) => Promise<void>;
  readonly leave: () => Promise<void>;
  /** Joins again as before. */
  readonly rejoin: () => Promise<void>;
  /**
   * Comes back as the same person, after the page was reloaded.
   *
   * @returns whether that person could come back
   */
  readonly comeBack: (place: Place) => Promise<boolean>;
  /** Takes the call back from the tab that took it over. */
  readonly takeBack: () => Promise<void>;
  readonly toggle: (source: CaptureSource) => void;
  readonly toggleScreen: () => void;
  /** Sends a message to whoever the chat is set to. */
  readonly say: (text: string) => void;
  readonly muteOther: (participant: string) => void;
  readonly remove: (participant: string) => void;
  readonly mixing: MixControls;
  readonly recording: RecordingControls;
  /**
   * Shows one kind of a stream in a media element; local streams included.
   *
   * @returns a function that ends it
   */
  readonly attach: (stream: string, kind: Kind, element: HTMLMediaElement) => () => void;
}
