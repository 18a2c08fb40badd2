import { nalUnits } from '../mix/send/annex-b.ts';
import { BitReader } from './bit-reader.ts';

const spsType = 7;
const ppsType = 8;
const idrType = 5;
const startCode = Uint8Array.of(0, 0, 0, 1);
const typeOf = (unit: Uint8Array): number => (unit[0] ?? 0) & 0x1f;

/** What is known of an H.264 stream before its first picture. */
export interface H264Setup {
  /** Bytes that say the length of each NAL unit (ISO 14496-15, 5.3.3.1); undefined: start codes stand between them. */
  readonly lengthBytes: number | undefined;
  /** Parameter sets. */
  readonly sets: readonly Uint8Array[];
}

/** @param setup `avcC`, or parameter sets with start codes; both may be missing */
export function readSetup(setup: Uint8Array): H264Setup {
  if (setup[0] !== 1 || setup.length < 7) return { lengthBytes: undefined, sets: nalUnits(setup) };
  const sets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = (setup[at] ?? 0) & mask;
    at += 1;
    for (let nth = 0; nth < count && at + 2 <= setup.length; nth += 1) {
      const length = ((setup[at] ?? 0) << 8) | (setup[at + 1] ?? 0);
      sets.push(setup.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return { lengthBytes: ((setup[4] ?? 0) & 3) + 1, sets: sets.filter((unit) => unit.length > 0) };
}

/** Whether every receiver of WebRTC can be expected to decode it: 8 bits, 4:2:0, whole frames. Of an SPS. */
export function isForWebRtc(sps: Uint8Array): boolean {
  const bits = new BitReader(withoutEmulation(sps), 1);
  const profile = bits.bits(8);
  bits.bits(16); // constraints, level
  bits.unsigned(); // id
  if (![66, 77, 100].includes(profile)) return false;
  if (profile === 100 && !isPlainHigh(bits)) return false;
  bits.unsigned(); // log2_max_frame_num
  skipOrder(bits);
  bits.unsigned(); // reference frames
  bits.bits(1); // gaps
  bits.unsigned(); // width
  bits.unsigned(); // height
  return bits.bits(1) === 1;
}

/** Chroma 4:2:0, 8 bits each; reads on to what follows the scaling lists (7.3.2.1.1). */
function isPlainHigh(bits: BitReader): boolean {
  if (bits.unsigned() !== 1 || bits.unsigned() !== 0 || bits.unsigned() !== 0) return false;
  bits.bits(1); // transform bypass
  if (bits.bits(1) === 0) return true;
  for (let list = 0; list < 8; list += 1) if (bits.bits(1) === 1) skipScalingList(bits, list < 6 ? 16 : 64);
  return true;
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let nth = 0; nth < size; nth += 1) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function skipOrder(bits: BitReader): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  if (type !== 1) return;
  bits.bits(1);
  bits.signed();
  bits.signed();
  for (let left = Math.min(255, bits.unsigned()); left > 0; left -= 1) bits.signed();
}

/** Without the bytes that keep start codes out (7.4.1). */
function withoutEmulation(unit: Uint8Array): Uint8Array {
  let zeros = 0;
  return unit.filter((byte) => {
    const extra = zeros >= 2 && byte === 3;
    zeros = byte === 0 ? zeros + 1 : 0;
    return !extra;
  });
}

/** Makes access units that can be sent: with start codes, and with the parameter sets before each IDR picture. */
export class H264Units {
  readonly #lengthBytes: number | undefined;
  /** Newest ones, by type. */
  readonly #sets = new Map<number, Uint8Array[]>();

  constructor({ lengthBytes, sets }: H264Setup) {
    this.#lengthBytes = lengthBytes;
    this.#keep(sets.filter((unit) => typeOf(unit) === spsType || typeOf(unit) === ppsType));
  }

  /**
   * @returns what is sent of it, and whether it is an IDR picture: containers and FFmpeg also call others key frames, with
   * which no receiver of WebRTC can begin; undefined: it holds nothing
   */
  accessUnit(data: Uint8Array): { data: Uint8Array; key: boolean } | undefined {
    const units = this.#lengthBytes === undefined ? nalUnits(data) : divided(data, this.#lengthBytes);
    const own = units.filter((unit) => typeOf(unit) === spsType || typeOf(unit) === ppsType);
    this.#keep(own);
    const starts = units.some((unit) => typeOf(unit) === idrType);
    const rest = units.filter((unit) => !own.includes(unit));
    const all = starts || own.length > 0 ? [...this.#all(), ...rest] : rest;
    return rest.length === 0 ? undefined : { data: joined(all), key: starts };
  }

  /** Whether one of the parameter sets is of a kind that cannot be sent as it is. */
  get fits(): boolean {
    return (this.#sets.get(spsType) ?? []).every(isForWebRtc);
  }

  #keep(units: readonly Uint8Array[]): void {
    for (const type of [spsType, ppsType]) {
      const found = units.filter((unit) => typeOf(unit) === type);
      if (found.length > 0)
        this.#sets.set(
          type,
          found.map((unit) => unit.slice()),
        );
    }
  }

  #all(): Uint8Array[] {
    return [spsType, ppsType].flatMap((type) => this.#sets.get(type) ?? []);
  }
}

function divided(data: Uint8Array, lengthBytes: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + lengthBytes < data.length) {
    let length = 0;
    for (let nth = 0; nth < lengthBytes; nth += 1) length = length * 256 + (data[at + nth] ?? 0);
    at += lengthBytes;
    if (length > 0) units.push(data.subarray(at, at + length));
    at += length;
  }
  return units;
}

function joined(units: readonly Uint8Array[]): Uint8Array {
  const bytes = units.reduce((sum, unit) => sum + startCode.length + unit.length, 0);
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const unit of units) {
    whole.set(startCode, at);
    whole.set(unit, at + startCode.length);
    at += startCode.length + unit.length;
  }
  return whole;
}
