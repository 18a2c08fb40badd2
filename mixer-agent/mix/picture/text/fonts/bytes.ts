/** Reads big-endian numbers one after the other. @throws RangeError at the end of the data */
export class Reader {
  readonly #view: DataView;
  readonly #data: Uint8Array;
  at: number;

  constructor(data: Uint8Array, at = 0) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.at = at;
  }

  u8(): number {
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2);
  }

  i16(): number {
    this.at += 2;
    return this.#view.getInt16(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4);
  }

  bytes(length: number): Uint8Array {
    this.at += length;
    if (this.at > this.#data.length) throw new RangeError('the font ends too early');
    return this.#data.subarray(this.at - length, this.at);
  }

  /** `255UInt16` (WOFF2, 4.1). */
  short(): number {
    const code = this.u8();
    if (code === 253) return this.u16();
    if (code === 255) return this.u8() + 253;
    return code === 254 ? this.u8() + 506 : code;
  }

  /** `UIntBase128` (WOFF2, 4.1). */
  base128(): number {
    let value = 0;
    for (let index = 0; index < 5; index += 1) {
      const byte = this.u8();
      value = value * 128 + (byte & 0x7f);
      if (byte < 128) return value;
    }
    throw new RangeError('a length in the font is too long');
  }
}

/** Collects big-endian numbers. */
export class Writer {
  #data = new Uint8Array(4096);
  #view = new DataView(this.#data.buffer);
  length = 0;

  #reserve(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.#data.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.#data);
      this.#data = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
  }

  i16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  bytes(data: Uint8Array): void {
    const at = this.#reserve(data.length);
    this.#data.set(data, at);
  }

  /** Zeros up to the next multiple. */
  align(multiple: number): void {
    while (this.length % multiple !== 0) this.u8(0);
  }

  result(): Uint8Array {
    return this.#data.subarray(0, this.length);
  }
}
