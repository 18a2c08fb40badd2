import type { Size } from '../../mix/media.ts';
import { Bits } from './bits.ts';

const syncCode = 0x49_83_42;
const rgb = 7;

/** The size that a VP9 picture says: that of its highest layer, which is the one shown. Undefined: it says none. */
export function vp9Size(picture: Uint8Array): Size | undefined {
  return frameSize(picture.subarray(lastFrameStart(picture))) ?? frameSize(picture);
}

/** Where the last frame of a superframe begins (VP9 bitstream, Annex B); 0: it is a frame alone. */
function lastFrameStart(picture: Uint8Array): number {
  const mark = picture.at(-1) ?? 0;
  if ((mark & 0xe0) !== 0xc0) return 0;
  const sizeBytes = ((mark >> 3) & 3) + 1;
  const frames = (mark & 7) + 1;
  const index = picture.length - (2 + sizeBytes * frames);
  if (index < 0 || picture[index] !== mark) return 0;
  let start = 0;
  for (let frame = 0; frame < frames - 1; frame++) {
    for (let byte = 0; byte < sizeBytes; byte++) {
      start += (picture[index + 1 + frame * sizeBytes + byte] ?? 0) * 256 ** byte;
    }
  }
  return start < index ? start : 0;
}

/** Reads the beginning of `uncompressed_header` (VP9 bitstream, 6.2). */
function frameSize(frame: Uint8Array): Size | undefined {
  const bits = new Bits(frame);
  if (bits.read(2) !== 2) return undefined;
  const profile = bits.read(1) + bits.read(1) * 2;
  if (profile === 3) bits.skip(1);
  if (bits.flag()) return undefined;
  const inter = bits.flag();
  const shown = bits.flag();
  const resilient = bits.flag();
  if (!inter) return bits.read(24) === syncCode && skipColour(bits, profile) ? readSize(bits) : undefined;
  if (!shown && bits.flag()) return undefined;
  if (!resilient) bits.skip(2);
  // Which references are refreshed, and the three that are used, with their signs.
  bits.skip(8 + 3 * 4);
  const asReference = bits.flag() || bits.flag() || bits.flag();
  return asReference ? undefined : readSize(bits);
}

/** @returns false: a reserved value */
function skipColour(bits: Bits, profile: number): boolean {
  if (profile >= 2) bits.skip(1);
  const odd = profile % 2 === 1;
  if (bits.read(3) === rgb) {
    if (odd) bits.skip(1);
    return odd;
  }
  bits.skip(odd ? 4 : 1);
  return true;
}

function readSize(bits: Bits): Size | undefined {
  const size = { width: bits.read(16) + 1, height: bits.read(16) + 1 };
  return bits.overrun ? undefined : size;
}
