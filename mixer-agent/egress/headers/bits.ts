/** Reads the bits of a codec's header, the highest first. Beyond the end there are zeros; `overrun` says so. */
export class Bits {
  readonly #bytes: Uint8Array;
  #at: number;

  /** @param start Byte to begin with. */
  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start * 8;
  }

  get overrun(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  flag(): boolean {
    return this.read(1) === 1;
  }

  /** A number of up to 32 bits. */
  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** An Exp-Golomb number (H.264, 9.1), the same as uvlc (AV1, 4.10.3). */
  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && !this.overrun && !this.flag()) zeros += 1;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** A signed one (H.264, 9.1.1). */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}
