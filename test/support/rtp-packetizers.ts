import type { VideoCodec } from '../../mixer-agent/mix/media.ts';

/*
 * RTP payloads of encoded frames, by the RFCs and on purpose in another way than the product puts them together. They
 * are for tests, so that nothing is spared: every fragment is a copy.
 */

/** Splits a frame of any codec as it is in IVF or Annex B. */
export type Packetize = (frame: Uint8Array, maxBytes: number) => Buffer[];

function chunks(bytes: Uint8Array, maxBytes: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += maxBytes)
    parts.push(Buffer.from(bytes.subarray(at, at + maxBytes)));
  return parts;
}

/** RFC 7741, with a picture id of 15 bits, TL0PICIDX and TID as browsers send them. */
const packetizeVp8: Packetize = (frame, maxBytes) =>
  chunks(frame, maxBytes).map((part, index) =>
    Buffer.concat([Buffer.from([index === 0 ? 0x90 : 0x80, 0xe0, 0x81, 0x23, 0x07, 0x40]), part]),
  );

const isVp9Key = (frame: Uint8Array): boolean => (frame[0]! & 0x0c) === 0;

/** One layer frame (RFC 9628), non-flexible mode. */
function packetizeVp9Layer(
  frame: Uint8Array,
  maxBytes: number,
  layer: { key: boolean; id: number },
): Buffer[] {
  const parts = chunks(frame, maxBytes);
  return parts.map((part, index) => {
    const first = index === 0;
    const withStructure = first && layer.key && layer.id === 0;
    const flags =
      0xa0 |
      (layer.key ? 0 : 0x40) |
      (first ? 0x08 : 0) |
      (index === parts.length - 1 ? 0x04 : 0) |
      (withStructure ? 2 : 0);
    // Two layers with sizes, one picture in the group with one reference.
    const structure = withStructure ? [0x38, 1, 64, 0, 180, 2, 128, 1, 104, 1, 0x04, 1] : [];
    return Buffer.concat([
      Buffer.from([flags, 0x81, 0x23, layer.id * 2 + (layer.id > 0 ? 1 : 0), 9, ...structure]),
      part,
    ]);
  });
}

/** The layer frames of a picture; each is a whole VP9 frame. */
export function packetizeVp9Layers(layers: readonly Uint8Array[], maxBytes: number): Buffer[] {
  const key = isVp9Key(layers[0]!);
  return layers.flatMap((layer, id) => packetizeVp9Layer(layer, maxBytes, { key, id }));
}

const packetizeVp9: Packetize = (frame, maxBytes) => packetizeVp9Layers([frame], maxBytes);

/** NAL units of an access unit in Annex B, without start codes. */
export function nalUnits(accessUnit: Uint8Array): Buffer[] {
  const text = Buffer.from(accessUnit).toString('latin1');
  return text
    .split('\0\0\x01')
    .slice(1)
    .map((unit) => Buffer.from(unit.replace(/\0+$/, ''), 'latin1'));
}

function packetizeNalUnit(unit: Buffer, maxBytes: number): Buffer[] {
  if (unit.length <= maxBytes) return [unit];
  const parts = chunks(unit.subarray(1), maxBytes);
  return parts.map((part, index) => {
    const position = (index === 0 ? 0x80 : 0) | (index === parts.length - 1 ? 0x40 : 0);
    return Buffer.concat([Buffer.from([(unit[0]! & 0xe0) | 28, position | (unit[0]! & 0x1f)]), part]);
  });
}

/** RFC 6184: parameter sets together in a STAP-A, the rest alone or in fragments (FU-A). */
const packetizeH264: Packetize = (accessUnit, maxBytes) => {
  const units = nalUnits(accessUnit);
  const sets = units.filter((unit) => [7, 8].includes(unit[0]! & 0x1f));
  const rest = units
    .filter((unit) => !sets.includes(unit))
    .flatMap((unit) => packetizeNalUnit(unit, maxBytes));
  if (sets.length === 0) return rest;
  const sized = sets.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  return [Buffer.concat([Buffer.from([24]), ...sized]), ...rest];
};

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)];
}

function readLeb128(bytes: Uint8Array, at: number): { value: number; length: number } {
  let value = 0;
  let length = 0;
  do value += (bytes[at + length]! & 0x7f) * 2 ** (7 * length);
  while (bytes[at + length++]! >= 0x80);
  return { value, length };
}

/** OBUs of a temporal unit, without sizes and temporal delimiters. */
function obus(temporalUnit: Uint8Array): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < temporalUnit.length;) {
    const header = temporalUnit[at]!;
    const headerBytes = header & 0x04 ? 2 : 1;
    const { value, length } = readLeb128(temporalUnit, at + headerBytes);
    const body = at + headerBytes + length;
    const unit = Buffer.concat([
      temporalUnit.subarray(at, at + headerBytes),
      temporalUnit.subarray(body, body + value),
    ]);
    unit[0]! &= ~0x02;
    if (((header >> 3) & 0x0f) !== 2) units.push(unit);
    at = body + value;
  }
  return units;
}

/**
 * RTP Payload Format for AV1: OBUs one after the other over packets of equal size. Packets that begin and end within
 * one OBU count their elements (W = 1), others size each of them (W = 0).
 */
const packetizeAv1: Packetize = (temporalUnit, maxBytes) => {
  const units = obus(temporalUnit);
  const packets: Buffer[] = [];
  let elements: Buffer[] = [];
  let room = maxBytes;
  let continues = false;
  const flush = (open: boolean) => {
    const isNew = packets.length === 0 && units.some((unit) => unit[0]! >> 3 === 1);
    const count = elements.length === 1 ? 1 : 0;
    const header = (continues ? 0x80 : 0) | (open ? 0x40 : 0) | (count << 4) | (isNew ? 0x08 : 0);
    const body =
      count === 1 ? elements : elements.flatMap((part) => [Buffer.from(leb128(part.length)), part]);
    packets.push(Buffer.concat([Buffer.from([header]), ...body]));
    elements = [];
    room = maxBytes;
    continues = open;
  };
  for (const unit of units) {
    for (let at = 0; at < unit.length;) {
      const part = unit.subarray(at, at + room);
      elements.push(part);
      at += part.length;
      room -= part.length;
      if (room === 0) flush(at < unit.length);
    }
  }
  if (elements.length > 0) flush(false);
  return packets;
};

export const packetizers: Record<VideoCodec, Packetize> = {
  vp8: packetizeVp8,
  vp9: packetizeVp9,
  h264: packetizeH264,
  av1: packetizeAv1,
};
