import { i420Bytes, type Fit, type Picture, type Size } from '../media.ts';
import type { Yuv } from './colour.ts';
import { plain } from './i420.ts';

/** Where the samples of a plane come from, along one side. `weight`: of the one after `first`, in 1/256. */
interface Axis {
  readonly first: Int32Array;
  readonly weight: Int32Array;
}

/** `length` samples spread over `span` samples of the source that begin at `start`. */
function axis(length: number, start: number, span: number): Axis {
  const place = Float64Array.from({ length }, (_, index) =>
    Math.min(span - 1, Math.max(0, ((index + 0.5) * span) / length - 0.5)),
  );
  // There is always one after it, if there are two at all.
  const first = Int32Array.from(place, (value) => Math.max(0, Math.min(Math.floor(value), span - 2)));
  const weight = Int32Array.from(place, (value, index) => Math.round((value - (first[index] ?? 0)) * 256));
  return { first: first.map((index) => start + index), weight };
}

interface Plane {
  from: { offset: number; stride: number };
  to: { offset: number; stride: number };
  columns: Axis;
  rows: Axis;
}

const even = (value: number): number => Math.max(2, 2 * Math.round(value / 2));

/** The part of the source that is shown, and the part of the target that shows it; both centred. */
function parts(source: Size, target: Size, fit: Fit): { shown: Size; filled: Size } {
  const across = target.width / source.width;
  const down = target.height / source.height;
  const scale = fit === 'crop' ? Math.max(across, down) : Math.min(across, down);
  const within = (wanted: number, limit: number) => Math.min(limit, even(wanted));
  if (fit === 'crop') {
    const width = within(target.width / scale, source.width);
    return { shown: { width, height: within(target.height / scale, source.height) }, filled: target };
  }
  const width = within(source.width * scale, target.width);
  return { shown: source, filled: { width, height: within(source.height * scale, target.height) } };
}

const offset = (outer: number, inner: number): number => 2 * ((outer - inner) >> 2);

/** Brings pictures of one size to another one: bilinear, for the moment until a decoder gives the new size itself. */
export class Scaler {
  readonly from: Size;
  readonly #planes: Plane[];
  /** Each call overwrites it. */
  readonly #result: Picture;

  /** @param options.from at least 4 x 4; of smaller pictures nothing is shown */
  constructor({ from, to, fit, background }: { from: Size; to: Size; fit: Fit; background: Yuv }) {
    this.from = { width: from.width, height: from.height };
    this.#result = plain(to, background);
    const { shown, filled } = parts(from, to, fit);
    const [left, top] = [offset(to.width, filled.width), offset(to.height, filled.height)];
    const [skipX, skipY] = [offset(from.width, shown.width), offset(from.height, shown.height)];
    const planeAt = (half: 0 | 1, source: number, target: number): Plane => {
      const stride = to.width >> half;
      return {
        from: { offset: source, stride: from.width >> half },
        to: { offset: target + (top >> half) * stride + (left >> half), stride },
        columns: axis(filled.width >> half, skipX >> half, shown.width >> half),
        rows: axis(filled.height >> half, skipY >> half, shown.height >> half),
      };
    };
    const [source, target] = [from.width * from.height, to.width * to.height];
    const showable = Math.min(from.width, from.height) >= 4;
    const planes = [
      planeAt(0, 0, 0),
      planeAt(1, source, target),
      planeAt(1, source + (source >> 2), target + (target >> 2)),
    ];
    this.#planes = showable ? planes : [];
  }

  /** @returns a picture that the next call overwrites */
  scale(picture: Picture): Picture {
    if (picture.data.length < i420Bytes(this.from)) return this.#result;
    for (const plane of this.#planes) scalePlane(picture.data, this.#result.data, plane);
    return this.#result;
  }
}

function scalePlane(source: Uint8Array, target: Uint8Array, { from, to, columns, rows }: Plane): void {
  for (let row = 0; row < rows.first.length; row += 1) {
    const upper = from.offset + (rows.first[row] as number) * from.stride;
    // In a plane of a single row the weight is 0, and what lies below does not count.
    scaleRow(source, target, {
      upper,
      stride: from.stride,
      down: rows.weight[row] as number,
      columns,
      out: to.offset + row * to.stride,
    });
  }
}

interface Row {
  upper: number;
  stride: number;
  down: number;
  columns: Axis;
  out: number;
}

function scaleRow(source: Uint8Array, target: Uint8Array, { upper, stride, down, columns, out }: Row): void {
  const { first, weight } = columns;
  const width = first.length;
  const lower = down === 0 ? upper : upper + stride;
  for (let x = 0; x < width; x += 1) {
    const at = first[x] as number;
    const across = weight[x] as number;
    const a = source[upper + at] as number;
    const c = source[lower + at] as number;
    const above = (a << 8) + ((source[upper + at + 1] as number) - a) * across;
    const below = (c << 8) + ((source[lower + at + 1] as number) - c) * across;
    target[out + x] = ((above << 8) + (below - above) * down + 32768) >> 16;
  }
}
