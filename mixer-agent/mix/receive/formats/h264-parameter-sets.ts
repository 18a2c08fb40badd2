import { byteAt } from '../rtp-header.ts';

const spsType = 7;
/** No parameter set of a real encoder is longer. */
const maxBytes = 512;
const startCode = [0, 0, 0, 1];

/** Reads an unsigned Exp-Golomb number (H.264 9.1) of up to 16 bits; undefined: there is none. */
function readExpGolomb(bytes: Uint8Array, at: number): number | undefined {
  const bit = (index: number) => (byteAt(bytes, at + (index >> 3)) >> (7 - (index & 7))) & 1;
  let zeros = 0;
  while (zeros <= 8 && bit(zeros) === 0) zeros++;
  if (zeros > 8) return undefined;
  let value = 0;
  for (let index = zeros; index <= zeros * 2; index++) value = value * 2 + bit(index);
  return value - 1;
}

/** The last parameter sets that an H.264 sender sent, for encoders that send them once. */
export class ParameterSets {
  readonly #sequence = new Map<number, Uint8Array>();
  readonly #picture = new Map<number, Uint8Array>();

  /** Whether there are some of both kinds. */
  get known(): boolean {
    return this.#sequence.size > 0 && this.#picture.size > 0;
  }

  /** @param unit A NAL unit of type 7 or 8 without start code. */
  keep(unit: Uint8Array): void {
    const isSequence = (byteAt(unit, 0) & 0x1f) === spsType;
    // The id comes first in a PPS, after profile and level in an SPS (H.264 7.3.2).
    const id = readExpGolomb(unit, isSequence ? 4 : 1);
    if (id === undefined || id > (isSequence ? 31 : 255) || unit.length > maxBytes) return;
    (isSequence ? this.#sequence : this.#picture).set(id, unit.slice());
  }

  /** An access unit with all parameter sets in front of it; undefined: none have come. */
  before(unit: Uint8Array): Uint8Array | undefined {
    if (!this.known) return undefined;
    const parts = [...this.#sequence.values(), ...this.#picture.values()];
    const length = parts.reduce((sum, part) => sum + startCode.length + part.length, unit.length);
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(startCode, at);
      whole.set(part, at + startCode.length);
      at += startCode.length + part.length;
    }
    whole.set(unit, at);
    return whole;
  }
}
