import { NutCursor } from './nut-cursor.ts';
import {
  noStream,
  nutFlags,
  readMainHeader,
  readStreamHeader,
  startByte,
  type FrameCode,
  type MainHeader,
  type StreamHeader,
} from './nut-headers.ts';

/**
 * Reads NUT, as FFmpeg writes it into a pipe, frame by frame and without waiting for what follows a
 * frame. Of the formats that FFmpeg can write it is the only one that does so for raw pictures, VP8 and H.264 and says
 * the time of each. Source: "NUT Open Container Format", FFmpeg's documentation.
 */
export interface NutReaderOptions {
  /** Units of a second in which times are told. */
  timebase: number;
  /** Memory for a frame of so many bytes. */
  allocate: (bytes: number) => Uint8Array;
  onFrame: (data: Uint8Array, time: number, key: boolean, stream: number) => void;
  /** What a stream holds; told before its first frame. */
  onStream?: (header: StreamHeader, stream: number) => void;
}

const fileId = Buffer.from('nut/multimedia container\0', 'latin1');
const mainHeader = 0x4d;
const streamHeader = 0x53;
const syncpoint = 0x4b;
/** Headers are a few hundred bytes; frames are not gathered here. */
const headerLimit = 65_536;
/** A picture of 8192 x 8192 in I420. */
const frameLimit = 8192 * 8192 * 1.5;

/** FFmpeg writes as many as it was told to, one or two. */
const mostStreams = 8;

interface Stream {
  header: StreamHeader;
  lastTime: number;
}

interface Frame {
  data: Uint8Array;
  stream: number;
  filled: number;
  time: number;
  key: boolean;
}

export class NutReader {
  readonly #options: NutReaderOptions;
  readonly #cursor = new NutCursor();
  #begun = false;
  #main: MainHeader | undefined;
  readonly #streams: Stream[] = [];
  /** Beginning of a header whose end has not come. */
  #carry: Uint8Array = new Uint8Array(0);
  #frame: Frame | undefined;

  constructor(options: NutReaderOptions) {
    this.#options = options;
  }

  /** @throws {Error} when this is no NUT */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      offset +=
        this.#frame === undefined ? this.#head(chunk, offset) : this.#fill(this.#frame, chunk, offset);
    }
  }

  /** Takes bytes of the frame that is being read. */
  #fill(frame: Frame, chunk: Uint8Array, offset: number): number {
    const count = Math.min(frame.data.length - frame.filled, chunk.length - offset);
    frame.data.set(chunk.subarray(offset, offset + count), frame.filled);
    frame.filled += count;
    if (frame.filled === frame.data.length) this.#finish(frame);
    return count;
  }

  #finish({ data, time, key, stream }: Frame): void {
    this.#frame = undefined;
    this.#options.onFrame(data, time, key, stream);
  }

  /** Reads what stands before a frame, or another header; gives the bytes of the chunk that were used. */
  #head(chunk: Uint8Array, offset: number): number {
    const rest = chunk.subarray(offset);
    const carried = this.#carry.length;
    const bytes = carried === 0 ? rest : Buffer.concat([this.#carry, rest]);
    const cursor = this.#cursor;
    cursor.begin(bytes);
    if (!this.#begun) this.#readFileId(bytes);
    else if (bytes[0] === startByte) this.#readPacket(bytes);
    else this.#readFrame();
    if (cursor.short) {
      if (bytes.length > headerLimit) throw new Error('a header of the NUT stream does not end');
      this.#carry = bytes.slice();
      return rest.length;
    }
    if (carried > 0) this.#carry = new Uint8Array(0);
    return cursor.position - carried;
  }

  #readFileId(bytes: Uint8Array): void {
    this.#cursor.skip(fileId.length);
    if (this.#cursor.short) return;
    if (fileId.compare(bytes, 0, fileId.length) !== 0) throw new Error('this is no NUT stream');
    this.#begun = true;
  }

  /** A header, an info packet, a syncpoint or an index: start code, length, content, checksum. */
  #readPacket(bytes: Uint8Array): void {
    const cursor = this.#cursor;
    cursor.skip(8);
    const length = cursor.unsigned();
    if (length > 4096) cursor.skip(4);
    const end = cursor.position + length;
    if (cursor.short || end > bytes.length) {
      cursor.short = true;
      return;
    }
    if (bytes[1] === mainHeader) this.#main = readMainHeader(cursor);
    else if (bytes[1] === streamHeader) this.#readStream();
    else if (bytes[1] === syncpoint) this.#resetTime(cursor.unsigned());
    if (cursor.position > end) throw new Error('a header of the NUT stream is longer than it says');
    cursor.position = end;
    cursor.short = false;
  }

  #readStream(): void {
    const number = this.#cursor.unsigned();
    const header = readStreamHeader(this.#cursor);
    if (number >= mostStreams) throw new Error('the NUT stream holds too many streams');
    this.#stream(number).header = header;
    this.#options.onStream?.(header, number);
  }

  #stream(number: number): Stream {
    return (this.#streams[number] ??= { header: noStream, lastTime: 0 });
  }

  /** A syncpoint says the time in any time base, the number of which is in the remainder. */
  #resetTime(coded: number): void {
    const timebases = this.#main?.timebases ?? [];
    const from = timebases[coded % Math.max(1, timebases.length)];
    if (from === undefined) return;
    const units = Math.floor(coded / timebases.length);
    for (const stream of this.#streams) {
      const to = timebases[stream.header.timebase];
      if (to === undefined) continue;
      stream.lastTime = Math.floor(
        (units * from.numerator * to.denominator) / (from.denominator * to.numerator),
      );
    }
  }

  #readFrame(): void {
    const cursor = this.#cursor;
    const code = this.#main?.codes[cursor.byte()];
    if (code === undefined) throw new Error('the NUT stream has a frame before its header');
    const flags = code.flags & nutFlags.coded ? code.flags ^ cursor.unsigned() : code.flags;
    if (flags & nutFlags.invalid) throw new Error('the NUT stream has an invalid frame');
    const number = flags & nutFlags.stream ? cursor.unsigned() : code.stream;
    if (number >= mostStreams && !cursor.short) throw new Error('the NUT stream has a frame of no stream');
    const coded = flags & nutFlags.codedTime ? cursor.unsigned() : undefined;
    const { size, elision } = this.#restOfHead(flags, code);
    if (cursor.short) return;
    const stream = this.#stream(number);
    stream.lastTime = coded === undefined ? stream.lastTime + code.timeStep : timeOf(coded, stream);
    this.#beginFrame({ size, elision, stream: number, key: (flags & nutFlags.key) !== 0 });
  }

  #restOfHead(flags: number, code: FrameCode): { size: number; elision: Uint8Array } {
    const cursor = this.#cursor;
    const size = flags & nutFlags.size ? code.size + code.sizeFactor * cursor.unsigned() : code.size;
    if (flags & nutFlags.matchTime) cursor.signed();
    const index = flags & nutFlags.elision ? cursor.unsigned() : code.elision;
    const reserved = flags & nutFlags.reserved ? cursor.unsigned() : code.reserved;
    for (let nth = 0; nth < reserved && !cursor.short; nth += 1) cursor.unsigned();
    if (flags & nutFlags.checksum) cursor.skip(4);
    const elision = this.#main?.elisions[size > 4096 ? 0 : index];
    if (elision === undefined) throw new Error('a frame of the NUT stream has an unknown beginning');
    return { size, elision };
  }

  #beginFrame(head: { size: number; elision: Uint8Array; stream: number; key: boolean }): void {
    const { size, elision, stream, key } = head;
    if (size > frameLimit || size < elision.length)
      throw new Error('a frame of the NUT stream has a wrong size');
    const { header, lastTime } = this.#stream(stream);
    const base = this.#main?.timebases[header.timebase] ?? { numerator: 1, denominator: 1 };
    const data = this.#options.allocate(size);
    data.set(elision);
    const frame = {
      data,
      stream,
      filled: elision.length,
      time: Math.round((lastTime * base.numerator * this.#options.timebase) / base.denominator),
      key,
    };
    if (frame.filled === size) this.#finish(frame);
    else this.#frame = frame;
  }
}

/** The full time: as it is, or its low bits only. */
function timeOf(coded: number, { header, lastTime }: Stream): number {
  const span = 2 ** header.shift;
  if (coded >= span) return coded - span;
  const lowest = lastTime - Math.floor((span - 1) / 2);
  const distance = (coded - lowest) % span;
  return lowest + (distance < 0 ? distance + span : distance);
}
