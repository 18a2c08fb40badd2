import type { Size } from '../media.ts';

/* Sizes of what is drawn into a tile, in pixels; one place for all, so that they fit each other. */

/** Height of capital letters, in parts of the font size. */
export const capHeight = 0.729;

const even = (value: number): number => 2 * Math.round(value / 2);

/** Type grows slower than the tile: a picture ten times as high is not looked at from ten times as far. */
const typeSize = ({ width, height }: Size): number =>
  Math.max(12, Math.round(Math.sqrt(Math.min(height, width * 0.75))));

export interface LabelMeasures {
  size: number;
  /** Between text and the sides of its bar. */
  padding: number;
  barHeight: number;
  radius: number;
  /** Between the bar and the edge of the tile. */
  margin: number;
  /** Widest text. */
  room: number;
}

/** Of the name in the corner; undefined where a tile is too small for one. */
export function labelMeasures(tile: Size): LabelMeasures | undefined {
  const size = typeSize(tile);
  const padding = Math.round(size * 0.6);
  const barHeight = even(size * 1.7);
  const margin = even(size * 0.55);
  const room = tile.width - 2 * margin - 2 * padding;
  if (room < 4.5 * size || tile.height < 2 * barHeight + margin) return undefined;
  return { size, padding, barHeight, margin, room, radius: Math.round(barHeight * 0.3) };
}

export interface AvatarMeasures {
  diameter: number;
  /** Between the surface and the edge of the tile. */
  inset: number;
  initials: number;
  name: { size: number; gap: number; room: number };
}

export function avatarMeasures(tile: Size): AvatarMeasures {
  const { width, height } = tile;
  const least = Math.min(width, height);
  const size = typeSize(tile);
  const diameter = Math.max(2, even(Math.min(0.4 * width, 0.44 * height, 10 * Math.sqrt(least))));
  return {
    diameter,
    inset: least < 48 ? 0 : 2,
    initials: Math.round(diameter * 0.38),
    name: { size: Math.round(size * 1.1), gap: Math.round(size * 0.9), room: Math.round(width * 0.88) },
  };
}

/** Width of the frame around whoever speaks. */
export const speakingWidth = ({ width, height }: Size): number => (Math.min(width, height) < 100 ? 2 : 4);

/** Width of the border of a picture on a picture. */
export const borderWidth = 2;
