/** Reads the numbers of NUT from bytes that may end too early: then `short` is set and what was read is worth nothing. */
export class NutCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  short = false;

  /** Begins to read other bytes. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.position = 0;
    this.short = false;
  }

  byte(): number {
    const value = this.#bytes[this.position];
    this.position += 1;
    if (value === undefined) this.short = true;
    return value ?? 0;
  }

  /** `v`: seven bits a byte, the most significant ones first. */
  unsigned(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
  }

  /** `s`: the sign in the least significant bit. */
  signed(): number {
    const value = this.unsigned() + 1;
    return value % 2 === 1 ? -(value - 1) / 2 : value / 2;
  }

  /** `vb`: bytes with their number before them. */
  blob(): Uint8Array {
    const length = this.unsigned();
    const blob = this.#bytes.subarray(this.position, this.position + length);
    this.skip(length);
    return blob;
  }

  skip(bytes: number): void {
    this.position += bytes;
    if (this.position > this.#bytes.length) this.short = true;
  }
}
