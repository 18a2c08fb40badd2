import type { LayoutRegion, Region } from '../../common/contract/layout.ts';
import { fractionOf, fractionText, isWholeUnits, whole } from './units.ts';

/** Edges of a box, in units from the upper left corner of the picture. */
export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A region while it is edited. */
export interface Box extends Edges {
  readonly id: string;
  /** As it was read, where units cannot say it exactly; lost with the first change. */
  readonly area?: LayoutRegion['area'];
}

/** Regions in their order; a later one may lie inside an earlier one and is drawn on top. */
export type Boxes = readonly Box[];

/** Always `"n/d"`, also for decimals. */
function ratioText(value: string | number): string {
  if (typeof value === 'string' && value.includes('/')) return value;
  const below = 10 ** 6;
  return `${String(Math.round(fractionOf(value) * below))}/${String(below)}`;
}

function readBox({ id, area }: Region): Box {
  const { left, top, width, height } = area;
  const units = (...values: (string | number)[]): number =>
    Math.round(values.reduce((sum: number, value) => sum + fractionOf(value) * whole, 0));
  const box = {
    id,
    left: units(left),
    top: units(top),
    right: units(left, width),
    bottom: units(top, height),
  };
  if ([left, top, width, height].every(isWholeUnits)) return box;
  const exact = {
    left: ratioText(left),
    top: ratioText(top),
    width: ratioText(width),
    height: ratioText(height),
  };
  return { ...box, area: exact };
}

export const readBoxes = (regions: readonly Region[]): Boxes => regions.map(readBox);

export const areaOf = ({ left, top, right, bottom }: Edges): LayoutRegion['area'] => ({
  left: fractionText(left),
  top: fractionText(top),
  width: fractionText(right - left),
  height: fractionText(bottom - top),
});

/** The regions that boxes stand for; fractions are exact. */
export const regionsOf = (boxes: Boxes): LayoutRegion[] =>
  boxes.map((box) => ({ id: box.id, shape: 'rectangle', area: box.area ?? areaOf(box) }));

export const overlaps = (one: Edges, other: Edges): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Lies inside of another one, and leaves some of it to be seen. */
const isInside = (inner: Edges, outer: Edges): boolean =>
  inner.left >= outer.left &&
  inner.top >= outer.top &&
  inner.right <= outer.right &&
  inner.bottom <= outer.bottom &&
  (inner.right - inner.left < outer.right - outer.left ||
    inner.bottom - inner.top < outer.bottom - outer.top);

/** Whether two boxes may stand like this, the second being the later one. */
const areCompatible = (earlier: Edges, later: Edges): boolean =>
  !overlaps(earlier, later) || isInside(later, earlier);

/** Smallest width and height of a box, in units. */
export const smallest = whole / 24;

/** Whether a box with these edges may stand at this place in the order. */
export function isFree(boxes: Boxes, index: number, edges: Edges): boolean {
  const { left, top, right, bottom } = edges;
  if (left < 0 || top < 0 || right > whole || bottom > whole) return false;
  if (right - left < smallest || bottom - top < smallest) return false;
  return boxes.every(
    (other, place) =>
      place === index || (place < index ? areCompatible(other, edges) : areCompatible(edges, other)),
  );
}

/** Whether all boxes stand as they may. */
export const isValid = (boxes: Boxes): boolean =>
  boxes.every((box, index) =>
    boxes.slice(0, index).every((earlier) => areCompatible(earlier, box) && earlier.id !== box.id),
  );
