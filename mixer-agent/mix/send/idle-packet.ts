import type { MixCodec } from '../media.ts';
import { rtpHeaderBytes } from './rtp-line.ts';

/** Not the start of a partition, with a picture id: never taken for a key frame (RFC 7741, 4.2). */
const vp8 = [0x80, 0x80, 0x80, 0x00, 0x00];
/** An access unit delimiter (ITU-T H.264, 7.4.2.4). */
const h264 = [0x09, 0xf0];

/**
 * A packet without a picture, with room for the RTP header. The router sees by it that an encoding which is not made at the
 * moment can be had, so that it may choose it for a receiver; what that one has goes on until the first key frame.
 */
export function idlePacket(codec: MixCodec): Uint8Array {
  const payload = codec === 'vp8' ? vp8 : h264;
  const packet = new Uint8Array(rtpHeaderBytes + payload.length);
  packet.set(payload, rtpHeaderBytes);
  return packet;
}
