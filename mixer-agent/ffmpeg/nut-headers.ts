import type { NutCursor } from './nut-cursor.ts';

/* The two headers of NUT that say how frames are written; see "NUT Open Container Format". */

/** What a frame code, the first byte of a frame, stands for. */
export interface FrameCode {
  flags: number;
  stream: number;
  sizeFactor: number;
  size: number;
  timeStep: number;
  reserved: number;
  elision: number;
}

export interface MainHeader {
  /** Units of time, as fractions of a second. */
  timebases: { numerator: number; denominator: number }[];
  codes: FrameCode[];
  /** Beginnings that frames share: they are left out of the file. */
  elisions: Uint8Array[];
}

export const nutFlags = {
  key: 1,
  codedTime: 8,
  stream: 16,
  size: 32,
  checksum: 64,
  reserved: 128,
  elision: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** `N` begins a header or a syncpoint, never a frame. */
export const startByte = 0x4e;

const invalid: FrameCode = {
  flags: nutFlags.invalid,
  stream: 0,
  sizeFactor: 1,
  size: 0,
  timeStep: 0,
  reserved: 0,
  elision: 0,
};

export function readMainHeader(cursor: NutCursor): MainHeader {
  if (cursor.unsigned() > 3) cursor.unsigned();
  cursor.unsigned(); // streams
  cursor.unsigned(); // largest distance between syncpoints
  const timebases = Array.from({ length: few(cursor.unsigned()) }, () => {
    const numerator = cursor.unsigned();
    return { numerator, denominator: Math.max(1, cursor.unsigned()) };
  });
  const codes = readFrameCodes(cursor);
  const elisions = [new Uint8Array(0)];
  for (let left = few(cursor.unsigned()); left > 0; left -= 1) elisions.push(cursor.blob().slice());
  return { timebases, codes, elisions };
}

/** Counts in headers are small; a large one is a broken file. */
const few = (count: number): number => Math.min(count, 256);

/** The table of 256 codes: each entry describes a run of codes whose sizes count up. */
function readFrameCodes(cursor: NutCursor): FrameCode[] {
  const codes: FrameCode[] = [];
  let run = { ...invalid };
  while (codes.length < 256 && !cursor.short) {
    const read = readRun(cursor, run);
    run = read.run;
    for (let nth = 0; nth < read.count && codes.length < 256; nth += 1) {
      if (codes.length === startByte) codes.push(invalid);
      codes.push({ ...run, size: run.size + nth });
    }
  }
  return codes;
}

function readRun(cursor: NutCursor, last: FrameCode): { run: FrameCode; count: number } {
  const flags = cursor.unsigned();
  const fields = cursor.unsigned();
  const timeStep = fields > 0 ? cursor.signed() : last.timeStep;
  const sizeFactor = fields > 1 ? cursor.unsigned() : last.sizeFactor;
  const stream = fields > 2 ? cursor.unsigned() : last.stream;
  const size = fields > 3 ? cursor.unsigned() : 0;
  const reserved = fields > 4 ? cursor.unsigned() : 0;
  const count = fields > 5 ? cursor.unsigned() : sizeFactor - size;
  if (fields > 6) cursor.signed(); // match time
  const elision = fields > 7 ? cursor.unsigned() : last.elision;
  for (let field = 8; field < fields && !cursor.short; field += 1) cursor.unsigned();
  return { run: { flags, stream, sizeFactor, size, timeStep, reserved, elision }, count };
}

export interface StreamHeader {
  kind: 'video' | 'audio' | 'other';
  /** Four characters, or a number in the first two bytes (sound: as in WAVE files). */
  fourcc: Uint8Array;
  timebase: number;
  /** Times below 2^shift are the low bits of a time near to the last one. */
  shift: number;
  /** Pictures that a decoder holds back, because they are not coded in the order of their times. */
  decodeDelay: number;
  /** What a decoder has to know before the first frame. */
  setup: Uint8Array;
  /** Of pictures; 0: not known. */
  width: number;
  height: number;
  /** Width of a pixel by its height; 0: not known. */
  pixelShape: number;
  /** Of sound. */
  sampleRate: number;
  channels: number;
}

export const noStream: Readonly<StreamHeader> = {
  kind: 'other',
  fourcc: new Uint8Array(0),
  timebase: 0,
  shift: 0,
  decodeDelay: 0,
  setup: new Uint8Array(0),
  width: 0,
  height: 0,
  pixelShape: 0,
  sampleRate: 0,
  channels: 0,
};

const kinds = ['video', 'audio'] as const;

/** A stream header, after the number of the stream. */
export function readStreamHeader(cursor: NutCursor): StreamHeader {
  const kind = kinds[cursor.unsigned()] ?? 'other';
  const fourcc = cursor.blob().slice();
  const timebase = cursor.unsigned();
  const shift = Math.min(cursor.unsigned(), 40);
  cursor.unsigned(); // largest step of time
  const decodeDelay = cursor.unsigned();
  cursor.unsigned(); // flags
  const setup = cursor.blob().slice();
  const header: StreamHeader = { ...noStream, kind, fourcc, timebase, shift, decodeDelay, setup };
  if (kind === 'other') return header;
  const [first, second, third] = [cursor.unsigned(), cursor.unsigned(), cursor.unsigned()];
  if (kind === 'audio') return { ...header, sampleRate: first / Math.max(1, second), channels: third };
  return { ...header, width: first, height: second, pixelShape: third / Math.max(1, cursor.unsigned()) };
}
