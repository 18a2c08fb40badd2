import { rtpHeaderBytes } from './rtp-line.ts';

/* VP9 as RTP in flexible mode (RFC 9628, 4.2): each picture says itself what it builds on, so that no structure is needed. */

const hasPictureId = 0x80;
const interPredicted = 0x40;
const flexible = 0x10;
const begin = 0x08;
const end = 0x04;
const longPictureId = 0x8000;
/** Builds on the picture before, and on nothing else that has to be waited for. */
const previousPicture = 1 << 1;

/**
 * Divides a VP9 frame or superframe of a stream without layers into RTP packets of about the same size, with room for the
 * RTP header.
 * @param pictureId 15 bit
 * @param maxBytes of a packet with its header
 */
export function packetizeVp9(frame: Uint8Array, pictureId: number, maxBytes: number): Uint8Array[] {
  const key = isVp9Key(frame);
  const overhead = rtpHeaderBytes + (key ? 3 : 4);
  const count = Math.ceil(frame.length / (maxBytes - overhead));
  const bytes = new Uint8Array(frame.length + count * overhead);
  const packets: Uint8Array[] = [];
  let filled = 0;
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * frame.length) / count);
    const part = frame.subarray(from, Math.floor(((index + 1) * frame.length) / count));
    const packet = bytes.subarray(filled, filled + overhead + part.length);
    filled += packet.length;
    const place = (index === 0 ? begin : 0) | (index === count - 1 ? end : 0);
    describe(packet, pictureId, key ? place : place | interPredicted);
    packet.set(part, overhead);
    packets.push(packet);
  }
  return packets;
}

function describe(packet: Uint8Array, pictureId: number, flags: number): void {
  const id = pictureId | longPictureId;
  packet[rtpHeaderBytes] = flags | hasPictureId | flexible;
  packet[rtpHeaderBytes + 1] = id >> 8;
  packet[rtpHeaderBytes + 2] = id & 0xff;
  if (flags & interPredicted) packet[rtpHeaderBytes + 3] = previousPicture;
}

/** Whether a frame can be decoded by itself (VP9 bitstream, uncompressed_header; profiles 0 to 2). */
export function isVp9Key(frame: Uint8Array): boolean {
  const first = frame[0] ?? 0xff;
  return first >> 6 === 2 && (first & 0x0c) === 0;
}
