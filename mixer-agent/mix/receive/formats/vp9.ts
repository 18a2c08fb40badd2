import { byteAt } from '../rtp-header.ts';
import { frameSink } from './byte-sink.ts';
import type { Frame, PayloadFormat } from './payload-format.ts';

const pictureId = 0x80;
const interPredicted = 0x40;
const layers = 0x20;
const flexible = 0x10;
const begin = 0x08;
const end = 0x04;
const structure = 0x02;

/** A superframe has at most so many frames; also the largest number of spatial layers. */
const maxLayers = 8;

/** Bytes of the scalability structure at a place (RFC 9628 4.2.1). */
function structureBytes(payload: Uint8Array, at: number): number {
  const first = byteAt(payload, at);
  let length = 1;
  if (first & 0x10) length += ((first >> 5) + 1) * 4;
  if (!(first & 0x08)) return length;
  const pictures = byteAt(payload, at + length);
  length += 1;
  for (let picture = 0; picture < pictures; picture++) {
    length += 1 + ((byteAt(payload, at + length) >> 2) & 0x03);
  }
  return length;
}

/** Bytes of the payload descriptor (RFC 9628 4.2). */
function descriptorBytes(payload: Uint8Array): number {
  const flags = byteAt(payload, 0);
  let length = 1;
  if (flags & pictureId) length += byteAt(payload, length) & 0x80 ? 2 : 1;
  if (flags & layers) length += flags & flexible ? 1 : 2;
  if (flags & flexible && flags & interPredicted) {
    // At most three references; the lowest bit says that another one follows.
    for (let more = 1, count = 0; more && count < 3; count++, length++) more = byteAt(payload, length) & 1;
  }
  if (flags & structure) length += structureBytes(payload, length);
  return length;
}

/** Spatial layer of a payload; 0 without layers. */
function spatialLayer(payload: Uint8Array): number {
  const flags = byteAt(payload, 0);
  if (!(flags & layers)) return 0;
  const at = flags & pictureId ? (byteAt(payload, 1) & 0x80 ? 3 : 2) : 1;
  return (byteAt(payload, at) >> 1) & 0x07;
}

/** Whether a frame is a key frame by its own header (VP9 bitstream, uncompressed_header). */
function isKeyFrame(frame: Uint8Array, at: number): boolean {
  const first = byteAt(frame, at);
  if (first >> 6 !== 2) return false;
  // Profile 3 has a reserved bit before show_existing_frame and frame_type.
  const rest = (first & 0x30) === 0x30 ? first >> 1 : first >> 2;
  return (rest & 0x03) === 0;
}

/** Closes a superframe: an index of the sizes of its frames (VP9 bitstream, Annex B). */
function addSuperframeIndex(sizes: readonly number[]): void {
  const bytes = Math.max(...sizes) > 0xffff ? 4 : 2;
  const mark = 0xc0 | ((bytes - 1) << 3) | (sizes.length - 1);
  frameSink.byte(mark);
  for (const size of sizes) {
    for (let shift = 0; shift < bytes; shift++) frameSink.byte((size >>> (shift * 8)) & 0xff);
  }
  frameSink.byte(mark);
}

/**
 * Pictures of VP9 over RTP (RFC 9628). The layer frames of a picture, as many of them as are sent, become one
 * superframe, of which a decoder shows the last: the highest layer.
 */
export class Vp9Format implements PayloadFormat {
  startsKeyFrame(payload: Uint8Array): boolean {
    const flags = byteAt(payload, 0);
    if (!(flags & begin) || flags & interPredicted || spatialLayer(payload) !== 0) return false;
    const start = descriptorBytes(payload);
    return start < payload.length && isKeyFrame(payload, start);
  }

  endsFrame(payload: Uint8Array): boolean {
    return (byteAt(payload, 0) & end) !== 0;
  }

  frame(payloads: readonly Uint8Array[]): Frame | undefined {
    frameSink.clear();
    const sizes: number[] = [];
    let layerStart = 0;
    let open = false;
    for (const payload of payloads) {
      const flags = byteAt(payload, 0);
      const start = descriptorBytes(payload);
      if (start >= payload.length || ((flags & begin) !== 0) === open) return undefined;
      frameSink.bytes(payload, start);
      open = (flags & end) === 0;
      if (open) continue;
      sizes.push(frameSink.length - layerStart);
      layerStart = frameSink.length;
    }
    if (open || sizes.length > maxLayers) return undefined;
    const key = isKeyFrame(frameSink.view(), 0);
    if (sizes.length > 1) addSuperframeIndex(sizes);
    return { data: frameSink.copy(), key };
  }
}
