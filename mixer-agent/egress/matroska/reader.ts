/* Reads Matroska as far as our own files and those of FFmpeg go: no lacing, and units in simple blocks. */

const ids = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** Elements whose children are read as if they stood for themselves. */
const opened: readonly number[] = [ids.segment, ids.cluster, ids.tracks];
/** Elements that are read as a whole. */
const whole: readonly number[] = [ids.trackEntry, ids.timestamp, ids.simpleBlock];
const maxElementBytes = 64 * 1024 * 1024;

export interface StoredTrack {
  number: number;
  /** E.g. `V_VP8`. */
  codecId: string;
  config?: Uint8Array;
  width?: number;
  height?: number;
}

export interface StoredUnit {
  track: number;
  /** ms. */
  timeMs: number;
  key: boolean;
  /** As it is stored. */
  data: Uint8Array;
}

export interface ReaderEvents {
  track(track: StoredTrack): void;
  unit(unit: StoredUnit): void;
}

interface Head {
  id: number;
  /** undefined: not known. */
  size: number | undefined;
  bytes: number;
}

export class MatroskaReader {
  readonly #events: ReaderEvents;
  #carry: Buffer = Buffer.alloc(0);
  /** Bytes of an element that says nothing to us. */
  #skip = 0;
  #cluster = 0;
  #broken = false;

  constructor(events: ReaderEvents) {
    this.#events = events;
  }

  /** It is none, or damaged; nothing more is read. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Reads on; what is given out are views of memory that is not used again. */
  push(chunk: Buffer): void {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let at = 0;
    while (!this.#broken && at < bytes.length) {
      const used = this.#skip > 0 ? this.#pass(bytes.length - at) : this.#element(bytes, at);
      if (used === 0) break;
      at += used;
    }
    this.#carry = bytes.subarray(at);
  }

  #pass(there: number): number {
    const used = Math.min(this.#skip, there);
    this.#skip -= used;
    return used;
  }

  /** @returns bytes that were used; 0: more are needed */
  #element(bytes: Buffer, at: number): number {
    const head = readHead(bytes, at);
    if (head === undefined) return 0;
    const { id, size } = head;
    if (id === 0) {
      this.#broken = true;
      return 0;
    }
    if (opened.includes(id)) return head.bytes;
    if (size === undefined || (whole.includes(id) && size > maxElementBytes)) {
      this.#broken = true;
      return 0;
    }
    if (!whole.includes(id)) {
      this.#skip = size;
      return head.bytes;
    }
    const start = at + head.bytes;
    if (start + size > bytes.length) return 0;
    this.#take(id, bytes.subarray(start, start + size));
    return head.bytes + size;
  }

  #take(id: number, body: Buffer): void {
    if (id === ids.timestamp) this.#cluster = readNumber(body);
    else if (id === ids.trackEntry) this.#events.track(readTrack(body));
    else if (body.length > 4) this.#block(body);
  }

  #block(body: Buffer): void {
    const { length, value } = readSize(body, 0) ?? { length: 1, value: 0 };
    this.#events.unit({
      track: value,
      timeMs: this.#cluster + body.readInt16BE(length),
      key: (body.readUInt8(length + 2) & 0x80) !== 0,
      data: body.subarray(length + 3),
    });
  }
}

/** Head of an element; undefined: not all of it is there. An id of 0 is none. */
function readHead(bytes: Buffer, at: number): Head | undefined {
  const first = bytes[at] ?? 0;
  const idBytes = Math.clz32(first) - 24 + 1;
  if (idBytes > 4) return { id: 0, size: undefined, bytes: 1 };
  if (at + idBytes >= bytes.length) return undefined;
  const size = readSize(bytes, at + idBytes);
  if (size === undefined) return undefined;
  const isUnknown = size.value === 2 ** (7 * size.length) - 1;
  return {
    id: bytes.readUIntBE(at, idBytes),
    size: isUnknown ? undefined : size.value,
    bytes: idBytes + size.length,
  };
}

function readSize(bytes: Buffer, at: number): { value: number; length: number } | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 24 + 1;
  if (at + length > bytes.length) return undefined;
  let value = first & (0xff >> length);
  for (let index = 1; index < length; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return { value, length };
}

function readNumber(body: Uint8Array): number {
  let value = 0;
  for (const byte of body) value = value * 256 + byte;
  return value;
}

function readTrack(body: Buffer): StoredTrack {
  const track: StoredTrack = { number: 0, codecId: '' };
  for (let at = 0, head = readHead(body, at); head?.size !== undefined; head = readHead(body, at)) {
    const start = at + head.bytes;
    // The size of pictures stands in an element of its own.
    at = head.id === 0xe0 ? start : start + head.size;
    const value = body.subarray(start, start + head.size);
    if (head.id === 0xd7) track.number = readNumber(value);
    else if (head.id === 0x86) track.codecId = value.toString('latin1');
    else if (head.id === 0x63a2) track.config = value;
    else if (head.id === 0xb0) track.width = readNumber(value);
    else if (head.id === 0xba) track.height = readNumber(value);
    if (at >= body.length) break;
  }
  return track;
}
