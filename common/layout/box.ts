import type { LayoutRegion, Region } from '../contract/layout.ts';
import { add, compare, formatRational, parseRational, type Rational } from './rational.ts';

/** The edges of a region. */
export interface Box {
  readonly left: Rational;
  readonly top: Rational;
  readonly right: Rational;
  readonly bottom: Rational;
  readonly width: Rational;
  readonly height: Rational;
}

export function boxOf(area: Region['area'], field = 'area'): Box {
  const [left, top, width, height] = (['left', 'top', 'width', 'height'] as const).map((side) =>
    parseRational(area[side], `${field}.${side}`),
  ) as [Rational, Rational, Rational, Rational];
  return { left, top, width, height, right: add(left, width), bottom: add(top, height) };
}

/** Whether two boxes share an area; touching is not sharing. */
export const overlap = (a: Box, b: Box): boolean =>
  compare(a.left, b.right) < 0 &&
  compare(b.left, a.right) < 0 &&
  compare(a.top, b.bottom) < 0 &&
  compare(b.top, a.bottom) < 0;

/** Whether `inner` lies within `outer` and leaves something of it to be seen. */
export const liesInside = (inner: Box, outer: Box): boolean =>
  compare(outer.left, inner.left) <= 0 &&
  compare(outer.top, inner.top) <= 0 &&
  compare(inner.right, outer.right) <= 0 &&
  compare(inner.bottom, outer.bottom) <= 0 &&
  (compare(inner.width, outer.width) < 0 || compare(inner.height, outer.height) < 0);

type Sides = Pick<Box, 'left' | 'top' | 'width' | 'height'>;

/** A region as it is told: `"n/d"` throughout. */
export const toRegion = (id: string, { left, top, width, height }: Sides): LayoutRegion => ({
  id,
  shape: 'rectangle',
  area: {
    left: formatRational(left),
    top: formatRational(top),
    width: formatRational(width),
    height: formatRational(height),
  },
});
