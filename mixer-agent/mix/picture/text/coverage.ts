import type { PathStep } from './fonts/faces.ts';

/** Pieces of a curve: each is at most this long, in pixels. */
const pieceLength = 2;
const mostPieces = 32;

type Point = readonly [x: number, y: number];

const between = (a: number, b: number, at: number): number => a + (b - a) * at;

/** Points of a Bézier curve of any degree (de Casteljau). */
function pointOn(points: readonly Point[], at: number): Point {
  let rest = points;
  while (rest.length > 1) {
    rest = rest.slice(1).map(([x, y], index) => {
      const [fromX, fromY] = rest[index] as Point;
      return [between(fromX, x, at), between(fromY, y, at)];
    });
  }
  return rest[0] as Point;
}

function* curve(points: readonly Point[]): Generator<Point> {
  let length = 0;
  for (let index = 1; index < points.length; index += 1) {
    const [[fromX, fromY], [x, y]] = [points[index - 1] as Point, points[index] as Point];
    length += Math.hypot(x - fromX, y - fromY);
  }
  const pieces = points.length === 2 ? 1 : Math.min(mostPieces, Math.ceil(length / pieceLength) + 1);
  for (let index = 1; index <= pieces; index += 1) yield pointOn(points, index / pieces);
}

export interface Placement {
  x: number;
  y: number;
  /** Pixels for 1. */
  scale: number;
}

/** Straight edges `x0, y0, x1, y1` in pixels, y downwards, of all contours of a shape. */
export function edgesOf(path: readonly PathStep[], { x, y, scale }: Placement): number[] {
  const edges: number[] = [];
  let [start, now]: [Point, Point] = [
    [0, 0],
    [0, 0],
  ];
  const to = (next: Point): void => {
    edges.push(now[0], now[1], next[0], next[1]);
    now = next;
  };
  for (const { type, values } of path) {
    const points: Point[] = [];
    for (let index = 0; index < values.length; index += 2) {
      points.push([x + (values[index] as number) * scale, y - (values[index + 1] as number) * scale]);
    }
    if (type === 'Z') to(start);
    else if (type === 'M') start = now = points[0] as Point;
    else for (const point of curve([now, ...points])) to(point);
  }
  return edges;
}

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Whole pixels around all edges; undefined where there are none. */
export function boundsOf(edges: readonly number[]): Bounds | undefined {
  if (edges.length === 0) return undefined;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < edges.length; index += 2) {
    const [x, y] = [edges[index] as number, edges[index + 1] as number];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return { left: Math.floor(left), top: Math.floor(top), right: Math.ceil(right), bottom: Math.ceil(bottom) };
}

/**
 * How much of each pixel lies inside of a shape. Each edge adds to the pixels of its rows what lies to the right of it, with a
 * sign for its direction; the sum along a row is the winding number, in parts of a pixel.
 */
export class Coverage {
  readonly #width: number;
  readonly #height: number;
  readonly #sums: Float32Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    // One column more: what lies to the right of the last one.
    this.#sums = new Float32Array((width + 1) * height + 1);
  }

  /** From (0, 0) to (width, height). */
  edge(fromX: number, fromY: number, toX: number, toY: number): void {
    if (fromY === toY) return;
    const sign = fromY < toY ? 1 : -1;
    const [topX, topY, bottomX, bottomY] = sign > 0 ? [fromX, fromY, toX, toY] : [toX, toY, fromX, fromY];
    const slope = (bottomX - topX) / (bottomY - topY);
    const last = Math.min(this.#height, Math.ceil(bottomY));
    for (let row = Math.max(0, Math.floor(topY)); row < last; row += 1) {
      const [from, to] = [Math.max(topY, row), Math.min(bottomY, row + 1)];
      this.#span(row, [topX + (from - topY) * slope, topX + (to - topY) * slope], (to - from) * sign);
    }
  }

  #span(row: number, [a, b]: readonly [number, number], height: number): void {
    const [left, right] = [Math.max(0, Math.min(a, b)), Math.min(this.#width, Math.max(a, b))];
    const start = row * (this.#width + 1);
    const last = Math.min(this.#width - 1, Math.floor(right));
    for (let column = Math.min(last, Math.floor(left)); column <= last; column += 1) {
      const [from, to] = [Math.max(left, column), Math.min(right, column + 1)];
      const part = right > left ? (Math.max(0, to - from) / (right - left)) * height : height;
      const beside = (from + to) / 2 - column;
      this.#add(start + column, part * (1 - beside));
      this.#add(start + column + 1, part * beside);
    }
  }

  #add(index: number, value: number): void {
    this.#sums[index] = (this.#sums[index] as number) + value;
  }

  /** 0..255 of each pixel. */
  pixels(): Uint8Array {
    const pixels = new Uint8Array(this.#width * this.#height);
    for (let row = 0; row < this.#height; row += 1) {
      let sum = 0;
      for (let column = 0; column < this.#width; column += 1) {
        sum += this.#sums[row * (this.#width + 1) + column] as number;
        pixels[row * this.#width + column] = Math.round(255 * Math.min(1, Math.abs(sum)));
      }
    }
    return pixels;
  }
}
