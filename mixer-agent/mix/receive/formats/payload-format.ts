/** A frame as a decoder takes it. */
export interface Frame {
  data: Uint8Array;
  /** It needs no frame before it. */
  key: boolean;
}

/** What an RTP payload format says about packets, and how frames are put together. Payloads are never empty. */
export interface PayloadFormat {
  /**
   * Whether decoding can begin with the frame that begins with this payload.
   *
   * @param afterEnd The packet before it is known to be the last of another frame.
   */
  startsKeyFrame(payload: Uint8Array, afterEnd: boolean): boolean;
  /** Whether a frame can end with this payload although it has no marker. */
  endsFrame(payload: Uint8Array): boolean;
  /**
   * @param payloads All payloads of one frame, in order.
   * @returns undefined: they are not what the format says.
   */
  frame(payloads: readonly Uint8Array[]): Frame | undefined;
}
