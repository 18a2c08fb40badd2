import type { Picture } from '../media.ts';
import type { Yuv } from './colour.ts';

/** How much of each pixel something covers, 0..255. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A smooth shape.
 *
 * @param inside how far a point lies within the shape, in pixels; negative outside
 */
function shape(width: number, height: number, inside: (x: number, y: number) => number): Mask {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const cover = Math.min(1, Math.max(0, inside(x + 0.5, y + 0.5) + 0.5));
      data[y * width + x] = Math.round(255 * cover);
    }
  }
  return { width, height, data };
}

/** Tiles come in few sizes: the shapes used last, by name and measures. */
const known = new Map<string, Mask>();
const knownLimit = 32;

function remembered(key: string, make: () => Mask): Mask {
  const mask = known.get(key) ?? make();
  known.delete(key);
  known.set(key, mask);
  const [oldest] = known.keys();
  if (known.size > knownLimit && oldest !== undefined) known.delete(oldest);
  return mask;
}

const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

export function disc(diameter: number): Mask {
  const radius = diameter / 2;
  return remembered(`disc ${diameter}`, () =>
    shape(diameter, diameter, (x, y) => radius - length(x - radius, y - radius)),
  );
}

export const roundedBar = (width: number, height: number, radius: number): Mask =>
  remembered(`bar ${width} ${height} ${radius}`, () =>
    shape(width, height, (x, y) => {
      const across = Math.max(0, Math.abs(x - width / 2) - width / 2 + radius);
      const down = Math.max(0, Math.abs(y - height / 2) - height / 2 + radius);
      return radius - length(across, down);
    }),
  );

/** Head and shoulders, to lie on a disc of this diameter: for a name without letters. */
export const person = (diameter: number): Mask =>
  remembered(`person ${diameter}`, () =>
    shape(diameter, diameter, (px, py) => {
      const [x, y] = [px / diameter - 0.5, py / diameter - 0.5];
      const head = 0.155 - length(x, y + 0.13);
      const shoulders = 0.29 - length(x, (y - 0.4) * 1.12);
      const edge = 0.5 - length(x, y);
      return Math.min(Math.max(head, shoulders), edge) * diameter;
    }),
  );

/** The same for chroma, which has half the resolution; by whether the place is odd across and down. */
const halves = new WeakMap<Mask, (Mask | undefined)[]>();

function halved(mask: Mask, oddX: number, oddY: number): Mask {
  const parities = halves.get(mask) ?? [];
  halves.set(mask, parities);
  return (parities[2 * oddY + oddX] ??= halve(mask, oddX, oddY));
}

function halve(mask: Mask, oddX: number, oddY: number): Mask {
  const width = (mask.width + oddX + 1) >> 1;
  const height = (mask.height + oddY + 1) >> 1;
  const sums = new Uint16Array(width * height);
  for (let y = 0; y < mask.height; y += 1) {
    const row = ((y + oddY) >> 1) * width;
    for (let x = 0; x < mask.width; x += 1) {
      const at = row + ((x + oddX) >> 1);
      sums[at] = (sums[at] as number) + (mask.data[y * mask.width + x] as number);
    }
  }
  const data = new Uint8Array(width * height);
  for (let index = 0; index < data.length; index += 1) data[index] = ((sums[index] as number) + 2) >> 2;
  return { width, height, data };
}

interface Plane {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

interface Stroke {
  left: number;
  top: number;
  value: number;
  opacity: number;
}

/** Where the mask lies outside of the plane it is cut off. */
function paintPlane(plane: Plane, mask: Mask, { left, top, value, opacity }: Stroke): void {
  const { data, offset, width } = plane;
  const scale = Math.round((opacity * 65536) / 255);
  const firstColumn = Math.max(0, -left);
  const columns = Math.min(mask.width, width - left) - firstColumn;
  const lastRow = Math.min(mask.height, plane.height - top);
  for (let row = Math.max(0, -top); row < lastRow; row += 1) {
    let source = row * mask.width + firstColumn;
    let target = offset + (top + row) * width + left + firstColumn;
    for (const end = source + columns; source < end; source += 1, target += 1) {
      const cover = (mask.data[source] as number) * scale;
      if (cover === 0) continue;
      const under = data[target] as number;
      data[target] = under + (((value - under) * cover + 32768) >> 16);
    }
  }
}

export interface Paint {
  colour: Yuv;
  /** 0..1 */
  opacity?: number;
  left: number;
  top: number;
}

/** Paints a colour through a mask. */
export function paint(picture: Picture, mask: Mask, { colour, opacity = 1, left, top }: Paint): void {
  const { width, height, data } = picture;
  const size = width * height;
  paintPlane({ data, offset: 0, width, height }, mask, { left, top, value: colour.y, opacity });
  const chroma = halved(mask, left & 1, top & 1);
  const place = { left: left >> 1, top: top >> 1, opacity };
  const half = { data, width: width >> 1, height: height >> 1 };
  paintPlane({ ...half, offset: size }, chroma, { ...place, value: colour.u });
  paintPlane({ ...half, offset: size + (size >> 2) }, chroma, { ...place, value: colour.v });
}
