import { nalUnits } from './annex-b.ts';
import { rtpHeaderBytes } from './rtp-line.ts';

/* H.264 as RTP, packetization mode 1 (RFC 6184, 5.6 to 5.8): whole NAL units, small ones together, large ones in parts. */

const delimiter = 9;
const stapA = 24;
const fuA = 28;
const typeBits = 0x1f;
const importanceBits = 0x60;
const fragmentStart = 0x80;
const fragmentEnd = 0x40;
/** Bytes for the length of each unit in a packet with several. */
const lengthBytes = 2;

/**
 * Divides an access unit with start codes into RTP packets with room for the RTP header. What describes the picture (SPS,
 * PPS, SEI) goes together with what follows as far as it fits.
 * @param maxBytes of a packet with its header
 */
export function packetizeH264(accessUnit: Uint8Array, maxBytes: number): Uint8Array[] {
  const room = maxBytes - rtpHeaderBytes;
  const packets: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  let size = 1;
  const flush = () => {
    if (together.length > 0) packets.push(aggregate(together));
    together = [];
    size = 1;
  };
  for (const unit of nalUnits(accessUnit)) {
    // Where an access unit ends is said by the marker.
    if (typeOf(unit) === delimiter) continue;
    const wanted = lengthBytes + unit.length;
    if (size + wanted > room) flush();
    if (unit.length > room) {
      packets.push(...fragment(unit, room));
    } else {
      together.push(unit);
      size += wanted;
    }
  }
  flush();
  return packets;
}

const typeOf = (unit: Uint8Array): number => (unit[0] ?? 0) & typeBits;
const importanceOf = (unit: Uint8Array): number => (unit[0] ?? 0) & importanceBits;

/** One unit as it is, several as STAP-A. */
function aggregate(units: readonly Uint8Array[]): Uint8Array {
  const [first] = units;
  const single = units.length === 1 && first !== undefined;
  const bytes = units.reduce((sum, unit) => sum + unit.length + (single ? 0 : lengthBytes), single ? 0 : 1);
  const packet = new Uint8Array(rtpHeaderBytes + bytes);
  if (single) {
    packet.set(first, rtpHeaderBytes);
    return packet;
  }
  packet[rtpHeaderBytes] = stapA | Math.max(...units.map(importanceOf));
  let end = rtpHeaderBytes + 1;
  for (const unit of units) {
    packet[end] = unit.length >> 8;
    packet[end + 1] = unit.length & 0xff;
    packet.set(unit, end + lengthBytes);
    end += lengthBytes + unit.length;
  }
  return packet;
}

/** Parts of about the same size, as FU-A. The first byte of the unit is in their headers. */
function fragment(unit: Uint8Array, room: number): Uint8Array[] {
  const content = unit.subarray(1);
  const overhead = rtpHeaderBytes + 2;
  const count = Math.ceil(content.length / (room - 2));
  const bytes = new Uint8Array(content.length + count * overhead);
  const packets: Uint8Array[] = [];
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * content.length) / count);
    const part = content.subarray(from, Math.floor(((index + 1) * content.length) / count));
    const packet = bytes.subarray(end, end + overhead + part.length);
    end += packet.length;
    packet[rtpHeaderBytes] = fuA | importanceOf(unit);
    packet[rtpHeaderBytes + 1] =
      typeOf(unit) | (index === 0 ? fragmentStart : 0) | (index === count - 1 ? fragmentEnd : 0);
    packet.set(part, overhead);
    packets.push(packet);
  }
  return packets;
}
