/** Longest RTP packet that is taken; everything longer is no packet of a WebRTC sender. */
export const maxPacketBytes = 4096;

/** Where things are in an RTP packet (RFC 3550 5.1). One object is used again for every packet. */
export interface RtpHeader {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** The payload is [start, end) of the packet: without header extensions and padding. */
  start: number;
  end: number;
}

export const emptyRtpHeader = (): RtpHeader => ({
  payloadType: 0,
  marker: false,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  start: 0,
  end: 0,
});

/** The byte at a place; beyond the end 0. */
export const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

export const uint16At = (bytes: Uint8Array, index: number): number =>
  (byteAt(bytes, index) << 8) | byteAt(bytes, index + 1);

export const uint32At = (bytes: Uint8Array, index: number): number =>
  uint16At(bytes, index) * 0x1_0000 + uint16At(bytes, index + 2);

/** Whether a datagram of a multiplexed socket is RTCP (RFC 5761, section 4). */
export function isRtcp(datagram: Uint8Array): boolean {
  const type = byteAt(datagram, 1);
  return type >= 192 && type <= 223;
}

function payloadStart(packet: Uint8Array): number {
  const first = byteAt(packet, 0);
  const sources = 12 + (first & 0x0f) * 4;
  return first & 0x10 ? sources + 4 + uint16At(packet, sources + 2) * 4 : sources;
}

/**
 * Reads the header of an RTP packet.
 *
 * @returns false: it is none, and `header` says nothing.
 */
export function readRtpHeader(packet: Uint8Array, header: RtpHeader): boolean {
  const first = byteAt(packet, 0);
  if (packet.length < 12 || packet.length > maxPacketBytes || first >> 6 !== 2) return false;
  const start = payloadStart(packet);
  const padding = first & 0x20 ? byteAt(packet, packet.length - 1) : 0;
  const end = packet.length - padding;
  // Padding counts itself, so that 0 is none (RFC 3550 5.1).
  if (start > end || (first & 0x20 && padding === 0)) return false;
  const second = byteAt(packet, 1);
  header.payloadType = second & 0x7f;
  header.marker = second >= 0x80;
  header.sequence = uint16At(packet, 2);
  header.timestamp = uint32At(packet, 4);
  header.ssrc = uint32At(packet, 8);
  header.start = start;
  header.end = end;
  return true;
}
