import { rtpHeaderBytes } from './rtp-line.ts';

/**
 * The descriptor before each part of a frame: a picture id of 15 bits, and the number of the picture in the base layer, which
 * here is the only one (RFC 7741, 4.2). Routers give receivers who change from one encoding to another numbers without a gap
 * only where there are both; without, a receiver may wait for pictures that never were.
 */
const descriptorBytes = 6;
const hasExtension = 0x80;
const startsPartition = 0x10;
const hasPictureId = 0x80;
const hasBaseLayerNumber = 0x40;
const hasLayer = 0x20;
const longPictureId = 0x8000;
const baseLayer = 0;

/**
 * Divides a VP8 frame into RTP packets of about the same size (RFC 7741), with room for the RTP header.
 * @param pictureId 15 bit
 * @param maxBytes of a packet with its header
 */
export function packetizeVp8(frame: Uint8Array, pictureId: number, maxBytes: number): Uint8Array[] {
  const overhead = rtpHeaderBytes + descriptorBytes;
  const count = Math.ceil(frame.length / (maxBytes - overhead));
  const bytes = new Uint8Array(frame.length + count * overhead);
  const packets: Uint8Array[] = [];
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * frame.length) / count);
    const part = frame.subarray(from, Math.floor(((index + 1) * frame.length) / count));
    const packet = bytes.subarray(end, end + overhead + part.length);
    end += packet.length;
    describe(packet, pictureId, index === 0);
    packet.set(part, overhead);
    packets.push(packet);
  }
  return packets;
}

function describe(packet: Uint8Array, pictureId: number, first: boolean): void {
  const id = pictureId | longPictureId;
  packet[rtpHeaderBytes] = hasExtension | (first ? startsPartition : 0);
  packet[rtpHeaderBytes + 1] = hasPictureId | hasBaseLayerNumber | hasLayer;
  packet[rtpHeaderBytes + 2] = id >> 8;
  packet[rtpHeaderBytes + 3] = id & 0xff;
  packet[rtpHeaderBytes + 4] = pictureId & 0xff;
  packet[rtpHeaderBytes + 5] = baseLayer;
}
