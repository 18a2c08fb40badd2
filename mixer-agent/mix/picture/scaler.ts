import { i420Bytes, type Fit, type Picture, type Size } from '../media.ts';
import type { Yuv } from './colour.ts';
import { plain } from './i420.ts';

/** For each of `length` samples the nearest of `span` samples that begin at `start`. */
const nearest = (length: number, start: number, span: number): Int32Array =>
  Int32Array.from({ length }, (_, index) =>
    Math.min(start + span - 1, start + Math.floor(((index + 0.5) * span) / length)),
  );

interface Plane {
  from: { offset: number; stride: number };
  to: { offset: number; stride: number };
  columns: Int32Array;
  rows: Int32Array;
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

/**
 * Brings pictures of one size to another one, for the moment until a decoder gives the new size itself. The nearest sample
 * is good enough for that, and costs a tenth of what interpolation does: no picture of the mix comes later because of it.
 */
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
        columns: nearest(filled.width >> half, skipX >> half, shown.width >> half),
        rows: nearest(filled.height >> half, skipY >> half, shown.height >> half),
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
  const width = columns.length;
  let before = -1;
  let out = to.offset;
  for (let row = 0; row < rows.length; row += 1) {
    const at = rows[row] as number;
    // Enlarged pictures have many rows twice.
    if (at === before) target.copyWithin(out, out - to.stride, out - to.stride + width);
    else scaleRow(source, target, { start: from.offset + at * from.stride, columns, out });
    before = at;
    out += to.stride;
  }
}

function scaleRow(
  source: Uint8Array,
  target: Uint8Array,
  { start, columns, out }: { start: number; columns: Int32Array; out: number },
): void {
  const width = columns.length;
  for (let x = 0; x < width; x += 1) {
    target[out + x] = source[start + (columns[x] as number)] as number;
  }
}
