import type { CaptureSource } from '../media/problems.ts';
import type { Kind } from '../state/types.ts';
import type { Place } from './place.ts';

export interface JoinRequest {
  room: string;
  user: string;
  role: string;
  /** A token made elsewhere; without it the development endpoint is asked. */
  token?: string;
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
  /**
   * Shows one kind of a stream in a media element; local streams included.
   *
   * @returns a function that ends it
   */
  readonly attach: (stream: string, kind: Kind, element: HTMLMediaElement) => () => void;
}
