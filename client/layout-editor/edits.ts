import { isFree, overlaps, smallest } from './boxes.ts';
import type { Box, Boxes, Edges } from './boxes.ts';
import { whole } from './units.ts';

/*
 * Changes of a layout. Each takes the boxes and gives new ones, or the same array when there is no room for the change:
 * boxes stay inside the picture and overlap only where a later one lies inside an earlier one.
 */

/** Lines of the grid in either direction; `whole` is a multiple of each. */
export const grids = [6, 8, 10, 12, 16, 24] as const;
export type Grid = (typeof grids)[number];

/** Edges that are dragged. */
export interface Handle {
  readonly x?: 'left' | 'right';
  readonly y?: 'top' | 'bottom';
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const stepOf = (grid: Grid): number => whole / grid;

/** Number of boxes that a layout may have. */
const most = 256;

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Where edges come to rest in one direction: on the grid, and on the edges of the others. */
const linesOf = (boxes: Boxes, id: string, { grid, low, high }: { grid: Grid } & Sides): number[] => [
  ...Array.from({ length: grid + 1 }, (_, index) => index * stepOf(grid)),
  ...boxes.filter((box) => box.id !== id).flatMap((box) => [box[low], box[high]]),
];

type Sides = { low: 'left'; high: 'right' } | { low: 'top'; high: 'bottom' };
const across: Sides = { low: 'left', high: 'right' };
const down: Sides = { low: 'top', high: 'bottom' };

const nearest = (value: number, lines: readonly number[]): number =>
  lines.reduce((best, line) => (Math.abs(line - value) < Math.abs(best - value) ? line : best));

/** Start of a span that is moved to `start`: one of its ends comes to rest on a line. */
function restOf(start: number, length: number, lines: readonly number[]): number {
  const first = nearest(start, lines);
  const second = nearest(start + length, lines) - length;
  const rest = Math.abs(second - start) < Math.abs(first - start) ? second : first;
  return clamp(rest, 0, whole - length);
}

function withEdges(boxes: Boxes, index: number, { left, top, right, bottom }: Edges): Boxes {
  const box = boxes[index];
  if (box === undefined || !isFree(boxes, index, { left, top, right, bottom })) return boxes;
  const same = box.left === left && box.top === top && box.right === right && box.bottom === bottom;
  return same ? boxes : boxes.with(index, { id: box.id, left, top, right, bottom });
}

const found = (boxes: Boxes, id: string): { index: number; box: Box } | undefined => {
  const index = boxes.findIndex((box) => box.id === id);
  const box = boxes[index];
  return box === undefined ? undefined : { index, box };
};

/** Moves a box so that its upper left corner comes to rest near a point; along obstacles where it cannot get there. */
export function moveTo(boxes: Boxes, id: string, { x, y, grid }: Point & { grid: Grid }): Boxes {
  const known = found(boxes, id);
  if (known === undefined) return boxes;
  const { index, box } = known;
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const left = restOf(clamp(x, 0, whole - width), width, linesOf(boxes, id, { grid, ...across }));
  const top = restOf(clamp(y, 0, whole - height), height, linesOf(boxes, id, { grid, ...down }));
  const at = (wanted: { left: number; top: number }): Edges => ({
    ...wanted,
    right: wanted.left + width,
    bottom: wanted.top + height,
  });
  const tries = [at({ left, top }), at({ left, top: box.top }), at({ left: box.left, top })];
  const fits = tries.find((edges) => isFree(boxes, index, edges));
  return fits === undefined ? boxes : withEdges(boxes, index, fits);
}

/** Drags one or two edges of a box near a point. */
export function resizeTo(
  boxes: Boxes,
  id: string,
  { x, y, handle, grid }: Point & { handle: Handle; grid: Grid },
): Boxes {
  const known = found(boxes, id);
  if (known === undefined) return boxes;
  const { index, box } = known;
  const wideTo = handle.x === undefined ? {} : edgeAt(boxes, box, { side: handle.x, at: x, grid });
  const highTo = handle.y === undefined ? {} : edgeAt(boxes, box, { side: handle.y, at: y, grid });
  const tries = [
    { ...box, ...wideTo, ...highTo },
    { ...box, ...wideTo },
    { ...box, ...highTo },
  ];
  const fits = tries.find((edges) => isFree(boxes, index, edges));
  return fits === undefined ? boxes : withEdges(boxes, index, fits);
}

type Side = 'left' | 'right' | 'top' | 'bottom';

function edgeAt(
  boxes: Boxes,
  box: Box,
  { side, at, grid }: { side: Side; at: number; grid: Grid },
): Partial<Edges> {
  const sides = side === 'left' || side === 'right' ? across : down;
  const isLow = side === sides.low;
  const [least, furthest] = isLow ? [0, box[sides.high] - smallest] : [box[sides.low] + smallest, whole];
  const lines = linesOf(boxes, box.id, { grid, ...sides }).filter(
    (line) => line >= least && line <= furthest,
  );
  return lines.length === 0 ? {} : { [side]: nearest(at, lines) };
}

/** Steps by which a key moves or stretches: -1, 0 or 1 in either direction. */
export interface Steps {
  readonly x: number;
  readonly y: number;
}

/** Moves a box by a step of the grid; over what stands in its way. */
export function nudge(boxes: Boxes, id: string, { x, y, grid }: Steps & { grid: Grid }): Boxes {
  const known = found(boxes, id);
  if (known === undefined) return boxes;
  const { index, box } = known;
  const step = stepOf(grid);
  for (let count = 1; count <= grid; count += 1) {
    const [byX, byY] = [x * count * step, y * count * step];
    const edges = {
      left: box.left + byX,
      top: box.top + byY,
      right: box.right + byX,
      bottom: box.bottom + byY,
    };
    if (isFree(boxes, index, edges)) return withEdges(boxes, index, edges);
  }
  return boxes;
}

/** Moves the right or lower edge of a box to the next line of the grid. */
export function stretch(boxes: Boxes, id: string, { x, y, grid }: Steps & { grid: Grid }): Boxes {
  const known = found(boxes, id);
  if (known === undefined) return boxes;
  const { index, box } = known;
  const next = (edge: number, by: number): number => {
    if (by === 0) return edge;
    const lines = edge / stepOf(grid);
    return (by > 0 ? Math.floor(lines + 1) : Math.ceil(lines - 1)) * stepOf(grid);
  };
  return withEdges(boxes, index, { ...box, right: next(box.right, x), bottom: next(box.bottom, y) });
}

/** The smallest number that is no id yet. */
function freshId(boxes: Boxes): string {
  const taken = new Set(boxes.map(({ id }) => id));
  let number = 1;
  while (taken.has(String(number))) number += 1;
  return String(number);
}

/** Adds a box: the largest square-looking one that finds free room, else a small one inside the first. */
export function add(boxes: Boxes, grid: Grid): Boxes {
  if (boxes.length >= most) return boxes;
  const place = freeRoom(boxes, grid) ?? corner(boxes);
  if (place === undefined || !isFree(boxes, boxes.length, place)) return boxes;
  return [...boxes, { id: freshId(boxes), ...place }];
}

function freeRoom(boxes: Boxes, grid: Grid): Edges | undefined {
  const step = stepOf(grid);
  for (let cells = Math.ceil(grid / 2); cells >= 1; cells -= 1) {
    for (let row = 0; row + cells <= grid; row += 1) {
      for (let column = 0; column + cells <= grid; column += 1) {
        const edges = {
          left: column * step,
          top: row * step,
          right: (column + cells) * step,
          bottom: (row + cells) * step,
        };
        if (!boxes.some((box) => overlaps(box, edges))) return edges;
      }
    }
  }
  return undefined;
}

/** A quarter of a box's width and height, in a corner of it where nothing lies yet. */
function corner(boxes: Boxes): Edges | undefined {
  for (const box of boxes) {
    const width = Math.round((box.right - box.left) / 4);
    const height = Math.round((box.bottom - box.top) / 4);
    const [right, bottom] = [box.right - width / 4, box.bottom - height / 4].map(Math.round) as [
      number,
      number,
    ];
    const [left, top] = [box.left + width / 4, box.top + height / 4].map(Math.round) as [number, number];
    const corners = [
      { left: right - width, top: bottom - height, right, bottom },
      { left, top: bottom - height, right: left + width, bottom },
      { left: right - width, top, right, bottom: top + height },
      { left, top, right: left + width, bottom: top + height },
    ];
    const free = corners.find((edges) => isFree(boxes, boxes.length, edges));
    if (free !== undefined) return free;
  }
  return undefined;
}

/** Cuts a box in two halves along its longer side; the new half is the last box, so that the others keep their streams. */
export function split(boxes: Boxes, id: string, ratio: number): Boxes {
  const known = found(boxes, id);
  if (known === undefined || boxes.length >= most) return boxes;
  const { index, box } = known;
  const { left, top, right, bottom } = box;
  const isWide = (right - left) * ratio >= bottom - top;
  const [x, y] = [Math.round((left + right) / 2), Math.round((top + bottom) / 2)];
  const first = isWide ? { left, top, right: x, bottom } : { left, top, right, bottom: y };
  const second = isWide ? { left: x, top, right, bottom } : { left, top: y, right, bottom };
  const fresh = { id: freshId(boxes), ...second };
  // Behind the old half where something lies on the new one.
  for (const place of [boxes.length, index + 1]) {
    const next = boxes.with(index, { id, ...first }).toSpliced(place, 0, fresh);
    if (isFree(next, index, first) && isFree(next, place, second)) return next;
  }
  return boxes;
}

/** Takes a box out; the last one stays. */
export const remove = (boxes: Boxes, id: string): Boxes =>
  boxes.length <= 1 || !boxes.some((box) => box.id === id) ? boxes : boxes.filter((box) => box.id !== id);
