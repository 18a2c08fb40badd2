import { byteAt } from '../rtp-header.ts';
import { frameSink } from './byte-sink.ts';
import type { Frame, PayloadFormat } from './payload-format.ts';

const extended = 0x80;
const startOfPartition = 0x10;
const partitionIndex = 0x07;

/** Bytes of the payload descriptor (RFC 7741 4.2). */
function descriptorBytes(payload: Uint8Array): number {
  if (!(byteAt(payload, 0) & extended)) return 1;
  const fields = byteAt(payload, 1);
  let length = 2;
  // I: picture id of 7 or 15 bits; L: TL0PICIDX; T, K: one byte for both.
  if (fields & 0x80) length += byteAt(payload, 2) & 0x80 ? 2 : 1;
  if (fields & 0x40) length += 1;
  if (fields & 0x30) length += 1;
  return length;
}

const startsFrame = (payload: Uint8Array): boolean =>
  (byteAt(payload, 0) & (startOfPartition | partitionIndex)) === startOfPartition;

/** Frames of VP8 over RTP (RFC 7741). Nothing in a payload says that it is the last of its frame. */
export class Vp8Format implements PayloadFormat {
  startsKeyFrame(payload: Uint8Array): boolean {
    const start = descriptorBytes(payload);
    // The inverse key frame flag is the lowest bit of the frame (RFC 6386 9.1).
    return startsFrame(payload) && start < payload.length && (byteAt(payload, start) & 1) === 0;
  }

  endsFrame(): boolean {
    return false;
  }

  frame(payloads: readonly Uint8Array[]): Frame | undefined {
    frameSink.clear();
    for (const [index, payload] of payloads.entries()) {
      const start = descriptorBytes(payload);
      if (start >= payload.length || startsFrame(payload) !== (index === 0)) return undefined;
      frameSink.bytes(payload, start);
    }
    const data = frameSink.copy();
    return { data, key: (byteAt(data, 0) & 1) === 0 };
  }
}
