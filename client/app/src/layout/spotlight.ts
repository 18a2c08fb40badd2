import { layoutGrid } from './grid.ts';
import type { AspectRange, Box } from './grid.ts';

export interface Spotlight {
  main: Box;
  /** As many boxes as fit; the rest of the tiles is not shown. */
  strip: Box[];
}

const stripAspect: AspectRange = { min: 1.2, max: 16 / 9 };
/** Width under which a strip tile is no use to anybody. */
const minStripTile = 84;

const shift = (box: Box, x: number, y: number): Box => ({ ...box, x: box.x + x, y: box.y + y });

/** How many tiles of a useful size a strip holds. */
const capacity = (width: number, height: number, gap: number): number => {
  const columns = Math.max(1, Math.floor((width + gap) / (minStripTile + gap)));
  const rows = Math.max(1, Math.floor((height + gap) / (minStripTile / stripAspect.max + gap)));
  return columns * rows;
};

/**
 * One tile large and the others in a strip: beside it on wide stages, below it on tall ones. Coordinates are whole
 * pixels. Pure.
 *
 * @param others how many tiles want a place in the strip
 */
export const layoutSpotlight = (others: number, width: number, height: number, gap = 8): Spotlight => {
  if (others <= 0) return { main: { x: 0, y: 0, width, height }, strip: [] };
  const beside = width > height * 1.1;
  if (beside) {
    const stripWidth = Math.round(Math.min(264, Math.max(132, width * 0.21)));
    const mainWidth = width - stripWidth - gap;
    const count = Math.min(others, capacity(stripWidth, height, gap));
    const grid = layoutGrid(count, stripWidth, height, stripAspect, { gap });
    return {
      main: { x: 0, y: 0, width: mainWidth, height },
      strip: grid.boxes.map((box) => shift(box, mainWidth + gap, 0)),
    };
  }
  const stripHeight = Math.round(Math.min(220, Math.max(92, height * (others > 3 ? 0.3 : 0.2))));
  const mainHeight = height - stripHeight - gap;
  const count = Math.min(others, capacity(width, stripHeight, gap));
  const grid = layoutGrid(count, width, stripHeight, stripAspect, { gap });
  return {
    main: { x: 0, y: 0, width, height: mainHeight },
    strip: grid.boxes.map((box) => shift(box, 0, mainHeight + gap)),
  };
};
