import type { Size } from '../../mix/media.ts';
import { nalUnits } from '../../mix/send/annex-b.ts';
import { Bits } from './bits.ts';

const spsType = 7;
const ppsType = 8;
/** Profiles whose parameter sets say how colours are sampled (H.264, 7.3.2.1.1). */
const withChroma = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

export interface H264Header {
  size: Size;
  avcC: Uint8Array;
}

/** What an access unit with parameter sets says; undefined: it has none that can be read. */
export function h264Header(accessUnit: Uint8Array): H264Header | undefined {
  const units = nalUnits(accessUnit);
  const typed = (type: number) => units.filter((unit) => ((unit[0] ?? 0) & 0x1f) === type);
  const [sps, pps] = [typed(spsType), typed(ppsType)];
  const first = sps[0];
  if (first === undefined || first.length < 4 || pps.length === 0) return undefined;
  const read = readSps(first);
  return read && { size: read.size, avcC: avcC(sps, pps, read.extension) };
}

/** An access unit with lengths of four bytes instead of start codes, as Matroska and MP4 have it. */
export function withLengths(accessUnit: Uint8Array): Uint8Array {
  const units = nalUnits(accessUnit);
  const whole = new Uint8Array(units.reduce((sum, unit) => sum + 4 + unit.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const unit of units) {
    view.setUint32(at, unit.length);
    whole.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return whole;
}

/** ISO/IEC 14496-15, 5.3.3.1.2. */
function avcC(sps: readonly Uint8Array[], pps: readonly Uint8Array[], extension: number[]): Uint8Array {
  const [, profile = 0, constraints = 0, level = 0] = sps[0] ?? [];
  const sized = (units: readonly Uint8Array[]) =>
    units.flatMap((unit) => [unit.length >> 8, unit.length & 0xff, ...unit]);
  return Uint8Array.from([
    ...[1, profile, constraints, level],
    // Lengths of four bytes.
    0xff,
    ...[0xe0 | sps.length, ...sized(sps)],
    ...[pps.length, ...sized(pps)],
    ...extension,
  ]);
}

/** Takes out the bytes that only keep start codes from appearing (H.264, 7.4.1). */
function withoutEmulation(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, index) => !(byte === 3 && unit[index - 1] === 0 && unit[index - 2] === 0));
}

function readSps(unit: Uint8Array): { size: Size; extension: number[] } | undefined {
  const bytes = withoutEmulation(unit);
  const profile = bytes[1] ?? 0;
  const bits = new Bits(bytes, 4);
  bits.unsigned();
  const chroma = withChroma.includes(profile) ? readChroma(bits) : { format: 1, luma: 0, colour: 0 };
  const size = readSize(bits, chroma.format);
  if (bits.overrun || size.width < 2 || size.height < 2) return undefined;
  const high = [100, 110, 122, 144].includes(profile);
  const extension = [0xfc | chroma.format, 0xf8 | chroma.luma, 0xf8 | chroma.colour, 0];
  return { size, extension: high ? extension : [] };
}

function readChroma(bits: Bits): { format: number; luma: number; colour: number } {
  const format = bits.unsigned() & 3;
  if (format === 3) bits.skip(1);
  const luma = bits.unsigned() & 7;
  const colour = bits.unsigned() & 7;
  bits.skip(1);
  if (bits.flag()) {
    for (let list = 0; list < (format === 3 ? 12 : 8); list++) if (bits.flag()) skipList(bits, list);
  }
  return { format, luma, colour };
}

/** `scaling_list` (H.264, 7.3.2.1.1.1). */
function skipList(bits: Bits, list: number): void {
  let next = 8;
  for (let index = 0, last = 8; index < (list < 6 ? 16 : 64) && next !== 0; index++) {
    next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function readSize(bits: Bits, chromaFormat: number): Size {
  bits.unsigned();
  const orderType = bits.unsigned();
  if (orderType === 0) bits.unsigned();
  else if (orderType === 1) {
    bits.skip(1);
    bits.signed();
    bits.signed();
    for (let left = Math.min(255, bits.unsigned()); left > 0; left--) bits.signed();
  }
  bits.unsigned();
  bits.skip(1);
  const width = (bits.unsigned() + 1) * 16;
  const mapUnits = bits.unsigned() + 1;
  const frames = bits.flag();
  if (!frames) bits.skip(1);
  bits.skip(1);
  const height = mapUnits * 16 * (frames ? 1 : 2);
  if (!bits.flag()) return { width, height };
  const [left, right, top, bottom] = [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()];
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * (frames ? 1 : 2);
  return { width: width - (left + right) * unitX, height: height - (top + bottom) * unitY };
}
