/* Elements of EBML (RFC 8794). */

export type EbmlElement = Uint8Array;

const maxIdBytes = 4;

/** Bytes of an id, which carries its own length. */
function idBytes(id: number): number[] {
  const bytes: number[] = [];
  for (let shift = (maxIdBytes - 1) * 8; shift >= 0; shift -= 8) {
    if (id >>> shift > 0 || bytes.length > 0) bytes.push((id >>> shift) & 0xff);
  }
  return bytes;
}

/** A size (RFC 8794, 4) in as few bytes as it needs, or in eight. */
export function ebmlSize(
  value: number,
  bytes = value < 0x7f ? 1 : value < 0x3fff ? 2 : value < 0x1f_ffff ? 3 : 4,
): number[] {
  if (value >= 2 ** (7 * bytes) - 1) return ebmlSize(value, 8);
  const encoded = Array.from(
    { length: bytes },
    (_none, index) => Math.floor(value / 256 ** (bytes - 1 - index)) & 0xff,
  );
  encoded[0] = (encoded[0] ?? 0) | (1 << (8 - bytes));
  return encoded;
}

/** Its end is not known when it begins (RFC 8794, 6.2). */
const unknownSize: readonly number[] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

export function bytesElement(id: number, bytes: Uint8Array): EbmlElement {
  const head = [...idBytes(id), ...ebmlSize(bytes.length)];
  const element = new Uint8Array(head.length + bytes.length);
  element.set(head);
  element.set(bytes, head.length);
  return element;
}

export const masterElement = (id: number, children: readonly EbmlElement[]): EbmlElement =>
  bytesElement(id, Buffer.concat(children));

/** An element that holds all that follows. */
export const openElement = (id: number): EbmlElement => Uint8Array.from([...idBytes(id), ...unknownSize]);

export function uintElement(id: number, value: number): EbmlElement {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return bytesElement(id, Uint8Array.from(bytes));
}

export function floatElement(id: number, value: number): EbmlElement {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytesElement(id, bytes);
}

export const textElement = (id: number, text: string): EbmlElement =>
  bytesElement(id, Buffer.from(text, 'utf8'));

/** ns since 2001 (RFC 8794, 7.6). @param wallMs ms since 1970 */
export function dateElement(id: number, wallMs: number): EbmlElement {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.round(wallMs - Date.UTC(2001, 0, 1))) * 1_000_000n);
  return bytesElement(id, bytes);
}

const voidId = 0xec;

/** Bytes that mean nothing, at least 2 of them. */
export function voidElement(bytes: number): EbmlElement {
  const element = new Uint8Array(bytes);
  const sizeBytes = bytes < 10 ? 1 : 8;
  element.set([voidId, ...ebmlSize(bytes - 1 - sizeBytes, sizeBytes)]);
  return element;
}
