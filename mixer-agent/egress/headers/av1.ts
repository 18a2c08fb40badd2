import type { Size } from '../../mix/media.ts';
import { Bits } from './bits.ts';

const sequenceType = 1;
const delimiterType = 2;

export interface Av1Header {
  size: Size;
  av1C: Uint8Array;
}

interface Obu {
  type: number;
  start: number;
  payload: number;
  end: number;
}

/** The OBU that begins at a place, of a temporal unit whose OBUs have sizes (AV1 bitstream, 5.3); undefined: none. */
function obuAt(bytes: Uint8Array, start: number): Obu | undefined {
  const header = bytes[start];
  if (header === undefined || (header & 2) === 0) return undefined;
  let at = start + (header & 4 ? 2 : 1);
  let size = 0;
  for (let index = 0; index < 5; index++, at++) {
    const byte = bytes[at] ?? 0x80;
    size += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) break;
  }
  at += 1;
  if (at + size > bytes.length) return undefined;
  return { type: (header >> 3) & 0x0f, start, payload: at, end: at + size };
}

/** What a temporal unit with a sequence header says; undefined: it has none that can be read. */
export function av1Header(unit: Uint8Array): Av1Header | undefined {
  for (let obu = obuAt(unit, 0); obu; obu = obuAt(unit, obu.end)) {
    if (obu.type === sequenceType)
      return readSequence(unit.subarray(obu.start, obu.end), obu.payload - obu.start);
  }
  return undefined;
}

/** A temporal unit as Matroska has it: without temporal delimiters ("AV1 in Matroska"). */
export function withoutDelimiter(unit: Uint8Array): Uint8Array {
  const first = obuAt(unit, 0);
  return first?.type === delimiterType ? unit.subarray(first.end) : unit;
}

/** `sequence_header_obu` (AV1 bitstream, 5.5.1), and the av1C made of it ("AV1 in ISO BMFF", 2.3.3). */
function readSequence(obu: Uint8Array, payload: number): Av1Header | undefined {
  const bits = new Bits(obu, payload);
  const profile = bits.read(3);
  bits.skip(1);
  const reduced = bits.flag();
  const { level, tier } = reduced ? { level: bits.read(5), tier: 0 } : readOperatingPoints(bits);
  const widthBits = bits.read(4) + 1;
  const heightBits = bits.read(4) + 1;
  const size = { width: bits.read(widthBits) + 1, height: bits.read(heightBits) + 1 };
  skipTools(bits, reduced);
  const colour = readColour(bits, profile);
  if (bits.overrun) return undefined;
  const av1C = Uint8Array.from([0x81, (profile << 5) | level, (tier << 7) | colour, 0, ...obu]);
  return { size, av1C };
}

function readOperatingPoints(bits: Bits): { level: number; tier: number } {
  let decoderModel = 0;
  if (bits.flag()) {
    // timing_info
    bits.skip(64);
    if (bits.flag()) bits.unsigned();
    if (bits.flag()) {
      // decoder_model_info
      decoderModel = bits.read(5) + 1;
      bits.skip(32 + 10);
    }
  }
  const initialDelay = bits.flag();
  let first: { level: number; tier: number } | undefined;
  for (let left = bits.read(5) + 1; left > 0; left--) {
    bits.skip(12);
    const level = bits.read(5);
    const tier = level > 7 ? bits.read(1) : 0;
    if (decoderModel > 0 && bits.flag()) bits.skip(decoderModel * 2 + 1);
    if (initialDelay && bits.flag()) bits.skip(4);
    first ??= { level, tier };
  }
  return first ?? { level: 0, tier: 0 };
}

/** From the frame ids to `enable_restoration`. */
function skipTools(bits: Bits, reduced: boolean): void {
  if (!reduced && bits.flag()) bits.skip(4 + 3);
  bits.skip(3);
  if (!reduced) {
    bits.skip(4);
    const orderHint = bits.flag();
    if (orderHint) bits.skip(2);
    const screenContent = bits.flag() ? 2 : bits.read(1);
    if (screenContent > 0 && !bits.flag()) bits.skip(1);
    if (orderHint) bits.skip(3);
  }
  bits.skip(3);
}

/** `color_config` as the lower seven bits of the third byte of an av1C. */
function readColour(bits: Bits, profile: number): number {
  const high = bits.read(1);
  const twelve = profile === 2 && high === 1 ? bits.read(1) : 0;
  const mono = profile === 1 ? 0 : bits.read(1);
  let srgb = false;
  if (bits.flag()) srgb = bits.read(8) === 1 && bits.read(8) === 13 && bits.read(8) === 0;
  const depth = (high << 6) | (twelve << 5);
  if (mono === 1) return depth | (1 << 4) | (1 << 3) | (1 << 2);
  if (srgb) return depth;
  bits.skip(1);
  const { x, y } = subsampling(bits, profile, twelve === 1);
  const position = x === 1 && y === 1 ? bits.read(2) : 0;
  return depth | (x << 3) | (y << 2) | position;
}

function subsampling(bits: Bits, profile: number, twelve: boolean): { x: number; y: number } {
  if (profile === 0) return { x: 1, y: 1 };
  if (profile === 1) return { x: 0, y: 0 };
  if (!twelve) return { x: 1, y: 0 };
  const x = bits.read(1);
  return { x, y: x === 1 ? bits.read(1) : 0 };
}
