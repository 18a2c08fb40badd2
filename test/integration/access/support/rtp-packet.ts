export interface PacketOptions {
  ssrc: number;
  payloadType: number;
  sequence: number;
  /** Whether the header names the mid. */
  mid?: boolean;
  midValue?: string;
  rid?: string | undefined;
  keyFrame?: boolean;
}

/** One header extension in the one-byte form (RFC 8285, 4.2). */
const extension = (id: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([(id << 4) | (value.length - 1)]), Buffer.from(value)]);

/** An RTP packet with a small VP8 payload; mid is extension 1 and rid extension 2. */
export function rtpPacket(options: PacketOptions): Buffer {
  const { ssrc, payloadType, sequence, mid = false, midValue = '', rid, keyFrame = true } = options;
  const extensions = Buffer.concat([
    ...(mid && midValue !== '' ? [extension(1, midValue)] : []),
    ...(rid === undefined ? [] : [extension(2, rid)]),
  ]);
  const words = Math.ceil(extensions.length / 4);
  const header = Buffer.alloc(12);
  header[0] = 0x80 | (words > 0 ? 0x10 : 0);
  header[1] = payloadType;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(sequence * 3_000, 4);
  header.writeUInt32BE(ssrc, 8);
  const block = Buffer.alloc(words === 0 ? 0 : 4 + words * 4);
  if (words > 0) {
    block.writeUInt16BE(0xbede, 0);
    block.writeUInt16BE(words, 2);
    extensions.copy(block, 4);
  }
  // Payload descriptor (start of partition), then a frame tag whose lowest bit is 0 for a key frame, 320x240.
  const frame = [0x10, keyFrame ? 0x10 : 0x11, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 1, 2, 3];
  return Buffer.concat([header, block, Buffer.from(frame)]);
}
