/** What an RTP packet of a test says. */
export interface RtpFields {
  ssrc: number;
  payloadType: number;
  /** Both without wraps; the packet has the lowest 16 and 32 bits. */
  sequence: number;
  timestamp: number;
  marker?: boolean;
  payload: Uint8Array;
  /** Contributing sources, words of header extension, bytes of padding. */
  sources?: number;
  extension?: number;
  padding?: number;
}

/** An RTP packet (RFC 3550 5.1). */
export function rtpPacket(fields: RtpFields): Buffer {
  const { sources = 0, extension = 0, padding = 0, payload } = fields;
  const extensionBytes = extension > 0 ? 4 + extension * 4 : 0;
  const start = 12 + sources * 4 + extensionBytes;
  const packet = Buffer.alloc(start + payload.length + padding, 0xbe);
  packet[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (extension > 0 ? 0x10 : 0) | sources;
  packet[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  packet.writeUInt16BE(fields.sequence % 0x1_0000, 2);
  packet.writeUInt32BE(fields.timestamp % 0x1_0000_0000, 4);
  packet.writeUInt32BE(fields.ssrc, 8);
  if (extension > 0) packet.writeUInt16BE(extension, 12 + sources * 4 + 2);
  packet.set(payload, start);
  if (padding > 0) packet[packet.length - 1] = padding;
  return packet;
}

/** A sender report followed by a source description, as routers send them (RFC 3550 6.4.1, 6.5). */
export function senderReport(report: { ssrc: number; ntpMs: number; timestamp: number }): Buffer {
  const sr = Buffer.alloc(28);
  sr[0] = 0x80;
  sr[1] = 200;
  sr.writeUInt16BE(6, 2);
  sr.writeUInt32BE(report.ssrc, 4);
  sr.writeUInt32BE(Math.floor(report.ntpMs / 1000), 8);
  sr.writeUInt32BE(Math.floor(((report.ntpMs % 1000) / 1000) * 0x1_0000_0000), 12);
  sr.writeUInt32BE(report.timestamp % 0x1_0000_0000, 16);
  const sdes = Buffer.from([0x81, 202, 0, 3, 0, 0, 0, 0, 1, 4, 0x74, 0x65, 0x73, 0x74, 0, 0]);
  sdes.writeUInt32BE(report.ssrc, 4);
  return Buffer.concat([sr, sdes]);
}
