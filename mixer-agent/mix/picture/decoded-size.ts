import type { Size } from '../media.ts';

/** Sizes of decoded pictures are multiples of it. */
const unit = 4;

const roundedUp = (length: number): number => unit * Math.ceil(length / unit);

/**
 * Size of the pictures that are decoded for a tile. The columns and rows of a grid differ by two pixels, because their
 * edges are rounded: rounded up, their tiles get pictures of one size, and no other decoder is needed when somebody moves
 * on to the next place.
 */
export const decodedSize = ({ width, height }: Size): Size => ({
  width: roundedUp(width),
  height: roundedUp(height),
});

/** Whether a picture can be shown in a tile as it is; what it has too much is cut off. */
export function fits(picture: Size, tile: Size): boolean {
  const [across, down] = [picture.width - tile.width, picture.height - tile.height];
  return across >= 0 && across < unit && down >= 0 && down < unit;
}
