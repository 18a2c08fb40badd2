import { Reader, Writer } from './bytes.ts';

/* The tables of glyphs, which WOFF2 writes in another order than OpenType (WOFF2, 5.1 to 5.4). */

interface Streams {
  contours: Reader;
  points: Reader;
  flags: Reader;
  glyphs: Reader;
  composites: Reader;
  bounds: Reader;
  /** One bit for each glyph: its bounds are written down. */
  bounded: Uint8Array;
}

interface Outline {
  /** Last point of each contour. */
  ends: number[];
  /** Steps from point to point. */
  dx: Int16Array;
  dy: Int16Array;
  onCurve: Uint8Array;
}

type Bounds = readonly [left: number, bottom: number, right: number, top: number];

export interface RestoredGlyphs {
  glyf: Uint8Array;
  loca: Uint8Array;
  /** Left edge of each glyph. */
  left: Int16Array;
}

const signed = (flag: number, value: number): number => ((flag & 1) === 1 ? value : -value);

/** A step from one point to the next (WOFF2, 5.2). */
function step(flag: number, reader: Reader): [number, number] {
  if (flag < 10) return [0, signed(flag, ((flag & 14) << 7) + reader.u8())];
  if (flag < 20) return [signed(flag, (((flag - 10) & 14) << 7) + reader.u8()), 0];
  const first = reader.u8();
  const other = flag >> 1;
  if (flag < 84) {
    const base = flag - 20;
    return [
      signed(flag, 1 + (base & 0x30) + (first >> 4)),
      signed(other, 1 + ((base & 0x0c) << 2) + (first & 0x0f)),
    ];
  }
  const second = reader.u8();
  if (flag < 120) {
    const base = flag - 84;
    return [
      signed(flag, 1 + (Math.floor(base / 12) << 8) + first),
      signed(other, 1 + (((base % 12) >> 2) << 8) + second),
    ];
  }
  const third = reader.u8();
  if (flag < 124) {
    return [signed(flag, (first << 4) + (second >> 4)), signed(other, ((second & 0x0f) << 8) + third)];
  }
  return [signed(flag, (first << 8) + second), signed(other, (third << 8) + reader.u8())];
}

function readOutline(contours: number, { points, flags, glyphs }: Streams): Outline {
  const ends: number[] = [];
  let count = 0;
  for (let index = 0; index < contours; index += 1) {
    count += points.short();
    ends.push(count - 1);
  }
  const [dx, dy, onCurve] = [new Int16Array(count), new Int16Array(count), new Uint8Array(count)];
  for (let index = 0; index < count; index += 1) {
    const flag = flags.u8();
    onCurve[index] = flag < 128 ? 1 : 0;
    [dx[index], dy[index]] = step(flag & 0x7f, glyphs);
  }
  // Instructions are left out: nothing of what is drawn is hinted.
  glyphs.short();
  return { ends, dx, dy, onCurve };
}

function boundsOf({ dx, dy }: Outline): Bounds {
  let [x, y, left, bottom, right, top] = [0, 0, Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < dx.length; index += 1) {
    x += dx[index] as number;
    y += dy[index] as number;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [bottom, top] = [Math.min(bottom, y), Math.max(top, y)];
  }
  return dx.length === 0 ? [0, 0, 0, 0] : [left, bottom, right, top];
}

function writeOutline(writer: Writer, { ends, dx, dy, onCurve }: Outline): void {
  for (const end of ends) writer.u16(end);
  writer.u16(0);
  // Without the flags that say otherwise every step takes two bytes.
  for (const flag of onCurve) writer.u8(flag);
  for (const value of dx) writer.i16(value);
  for (const value of dy) writer.i16(value);
}

const hasWords = 0x0001;
const hasScale = 0x0008;
const hasTwoScales = 0x0040;
const hasMatrix = 0x0080;
const hasMore = 0x0020;
const hasInstructions = 0x0100;

function copyComposite(writer: Writer, { composites, glyphs }: Streams): void {
  let instructed = false;
  for (let more = true; more;) {
    const flags = composites.u16();
    writer.u16(flags & ~hasInstructions);
    const scale =
      (flags & hasScale) > 0 ? 2 : (flags & hasTwoScales) > 0 ? 4 : (flags & hasMatrix) > 0 ? 8 : 0;
    writer.bytes(composites.bytes(2 + ((flags & hasWords) > 0 ? 4 : 2) + scale));
    instructed ||= (flags & hasInstructions) > 0;
    more = (flags & hasMore) > 0;
  }
  if (instructed) glyphs.short();
}

function readBounds(streams: Streams, glyph: number): Bounds | undefined {
  if ((((streams.bounded[glyph >> 3] ?? 0) >> (7 - (glyph & 7))) & 1) === 0) return undefined;
  const { bounds } = streams;
  return [bounds.i16(), bounds.i16(), bounds.i16(), bounds.i16()];
}

function writeHeader(writer: Writer, contours: number, bounds: Bounds): void {
  writer.i16(contours);
  for (const edge of bounds) writer.i16(edge);
}

/** Appends a glyph; returns its left edge. */
function restoreGlyph(writer: Writer, streams: Streams, glyph: number): number {
  const contours = streams.contours.i16();
  const explicit = readBounds(streams, glyph);
  if (contours === 0) return 0;
  if (contours > 0) {
    const outline = readOutline(contours, streams);
    const bounds = explicit ?? boundsOf(outline);
    writeHeader(writer, contours, bounds);
    writeOutline(writer, outline);
    return bounds[0];
  }
  const bounds = explicit ?? [0, 0, 0, 0];
  writeHeader(writer, contours, bounds);
  copyComposite(writer, streams);
  return bounds[0];
}

function streamsOf(table: Uint8Array): { streams: Streams; count: number } {
  const reader = new Reader(table, 4);
  const count = reader.u16();
  reader.u16();
  const sizes = Array.from({ length: 7 }, () => reader.u32());
  const [contours, points, flags, glyphs, composites, bounds] = sizes.map(
    (size) => new Reader(reader.bytes(size)),
  ) as [Reader, Reader, Reader, Reader, Reader, Reader];
  const bounded = bounds.bytes(4 * ((count + 31) >> 5));
  return { count, streams: { contours, points, flags, glyphs, composites, bounds, bounded } };
}

/** @param table `glyf` as it is in a WOFF2 file */
export function restoreGlyphs(table: Uint8Array): RestoredGlyphs {
  const { streams, count } = streamsOf(table);
  const [glyphs, places] = [new Writer(), new Writer()];
  const left = new Int16Array(count);
  for (let glyph = 0; glyph < count; glyph += 1) {
    places.u32(glyphs.length);
    left[glyph] = restoreGlyph(glyphs, streams, glyph);
    glyphs.align(4);
  }
  places.u32(glyphs.length);
  return { glyf: glyphs.result(), loca: places.result(), left };
}

/**
 * @param table `hmtx` as it is in a WOFF2 file, without side bearings that are the left edge of their glyph
 * @param metrics how many glyphs have a width of their own
 */
export function restoreMetrics(
  table: Uint8Array,
  { metrics, left }: { metrics: number; left: Int16Array },
): Uint8Array {
  const reader = new Reader(table);
  const flags = reader.u8();
  const widths = Array.from({ length: metrics }, () => reader.u16());
  const writer = new Writer();
  for (const [glyph, width] of widths.entries()) {
    writer.u16(width);
    writer.i16((flags & 1) > 0 ? (left[glyph] ?? 0) : reader.i16());
  }
  for (let glyph = metrics; glyph < left.length; glyph += 1) {
    writer.i16((flags & 2) > 0 ? (left[glyph] ?? 0) : reader.i16());
  }
  return writer.result();
}
