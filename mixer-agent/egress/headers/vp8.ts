import type { Size } from '../../mix/media.ts';

const startCode = [0x9d, 0x01, 0x2a];

/** The size that a VP8 key frame says (RFC 6386, 9.1); undefined: it is none. */
export function vp8Size(frame: Uint8Array): Size | undefined {
  const isKey = ((frame[0] ?? 1) & 1) === 0 && startCode.every((byte, index) => frame[3 + index] === byte);
  if (!isKey || frame.length < 10) return undefined;
  // The two highest bits are a wish for scaling.
  const width = ((frame[7] ?? 0) & 0x3f) * 256 + (frame[6] ?? 0);
  const height = ((frame[9] ?? 0) & 0x3f) * 256 + (frame[8] ?? 0);
  return width > 0 && height > 0 ? { width, height } : undefined;
}
