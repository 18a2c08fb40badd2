import type { Region } from '../contract/layout.ts';
import { boxOf } from './box.ts';
import type { Rational } from './rational.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels, all even: colour has half the resolution of brightness (4:2:0). */
interface Rectangle extends Size {
  readonly left: number;
  readonly top: number;
}

/** The largest even size within. */
export const evenSize = ({ width, height }: Size): Size => ({ width: width & ~1, height: height & ~1 });

/** The even pixel nearest to a fraction of `length`. */
function edge({ n, d }: Rational, length: number): number {
  const pixel = 2 * Number((n * BigInt(length) + d) / (2n * d));
  return Math.min(pixel, length);
}

function span(from: number, to: number, length: number): { at: number; size: number } {
  if (to > from) return { at: from, size: to - from };
  return { at: Math.min(from, length - 2), size: 2 };
}

/**
 * Where a region lies in a picture. Edges are rounded, not sizes: neighbours share an edge, so that they neither overlap nor
 * leave a line between them. Never outside and never empty (a region of less than a pixel gets two).
 *
 * @param area with its edges inside the picture
 * @param size of the picture, at least 2 x 2; an odd one counts as the even one below
 */
export function toPixels(area: Region['area'], size: Size): Rectangle {
  const { width, height } = evenSize(size);
  const { left, top, right, bottom } = boxOf(area);
  const horizontal = span(edge(left, width), edge(right, width), width);
  const vertical = span(edge(top, height), edge(bottom, height), height);
  return { left: horizontal.at, top: vertical.at, width: horizontal.size, height: vertical.size };
}
