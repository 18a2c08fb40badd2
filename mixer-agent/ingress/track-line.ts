import type { Timeline } from './timeline.ts';

/** A piece of a track as it comes from the source. */
export interface SourceUnit {
  readonly data: Uint8Array;
  /** Timestamp, ms. */
  readonly time: number;
  readonly key: boolean;
}

/** A track of one connection to the source, from there to the moment when its media are played. */
export interface TrackLine {
  /** Something has come. */
  push: (unit: SourceUnit, now: number) => void;
  /** Bytes of the source, in one piece after the other: for lines that decode. */
  feed?: (bytes: Uint8Array) => void;
  /** All has come. */
  finish: () => void;
  /** Gives what is due. Called every few ms. */
  poll: (now: number) => void;
  /** It cannot take more at the moment. */
  readonly full: boolean;
  /** Nothing waits to be played. */
  readonly empty: boolean;
  /** Nothing is given any more. */
  close: () => void;
}

/** What all lines need. */
export interface TrackLineOptions {
  timeline: Timeline;
  /** It cannot go on; the sentence says why. */
  onTrouble: (why: string) => void;
}

/** Plays something, at a time of `performance.now()`. */
export type Play<T> = (what: T, at: number) => void;
