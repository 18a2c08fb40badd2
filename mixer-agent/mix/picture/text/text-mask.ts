import type { Mask } from '../mask.ts';

/** A text to be drawn. */
export interface TextWish {
  readonly text: string;
  /** Initials are bold. */
  readonly font: 'name' | 'initials';
  /** Font size in pixels. */
  readonly size: number;
  /** Widest that it may be, in pixels: longer names end with an ellipsis, initials are drawn smaller. */
  readonly room: number;
}

/** A drawn text, without empty rows and columns around it. */
export interface TextMask extends Mask {
  /** Row on which the letters stand; may lie outside. */
  readonly baseline: number;
}

export const nothing: TextMask = { width: 0, height: 0, baseline: 0, data: new Uint8Array() };
