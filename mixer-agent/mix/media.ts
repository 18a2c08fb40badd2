/** What the parts of a mix process hand to each other. Times are ms of `performance.now()` of this process. */

export type VideoCodec = 'vp8' | 'vp9' | 'h264' | 'av1';

/** Codecs that a mix can send. */
export type MixCodec = Extract<VideoCodec, 'vp8' | 'h264'>;

/** An encoded picture: VP8 and VP9 frames as in IVF, H.264 as Annex B access units, AV1 as temporal units (OBUs with sizes). */
export interface EncodedPicture {
  readonly codec: VideoCodec;
  readonly data: Uint8Array;
  readonly key: boolean;
  /** When it was captured. */
  readonly captureMs: number;
}

/** An Opus packet (RFC 6716), 48 kHz. */
export interface OpusPacket {
  readonly data: Uint8Array;
  readonly captureMs: number;
  /** RTP timestamp, unwrapped: grows over 2^32. Says where its samples belong. */
  readonly timestamp: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture in I420 without padding: Y plane, U plane, V plane. Width and height are even. */
export interface Picture extends Size {
  readonly data: Uint8Array;
}

/** Bytes of an I420 picture. */
export const i420Bytes = ({ width, height }: Size): number => (width * height * 3) / 2;

/** Part of a picture, in pixels; all even. */
export interface Rectangle extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** How a picture of another shape fills its region: with bars, or cut off. */
export type Fit = 'letterbox' | 'crop';

/** Samples per channel in a block of audio: 20 ms at 48 kHz. */
export const blockSamples = 960;
export const blockMs = 20;

/** A block of sound: 20 ms, 48 kHz, stereo, interleaved, -1..1. */
export type Block = Float32Array;
