import { layoutGrid } from './grid.ts';
import type { AspectRange, Box } from './grid.ts';
import { keepSpeakersVisible } from './order.ts';
import { layoutSpotlight } from './spotlight.ts';

export interface StageLayout {
  /** Place of each shown tile by key. */
  boxes: Map<string, Box>;
  /** How many tiles found no place. */
  hidden: number;
  /** Height of the content; more than the stage's when it scrolls. */
  height: number;
}

interface StageInput {
  keys: readonly string[];
  spotlight: string | null;
  width: number;
  height: number;
  lastSpoke: ReadonlyMap<string, number>;
}

/** Cameras are cropped at most to this: near square in a landscape window, upright on a phone. */
const aspectFor = (count: number, width: number, height: number): AspectRange => {
  if (width >= height) return { min: 1.2, max: 16 / 9 };
  return { min: count === 1 ? 1 / 2 : 3 / 4, max: 16 / 9 };
};

const paired = (keys: readonly string[], boxes: readonly Box[]): Map<string, Box> =>
  new Map(
    keys.flatMap((key, index) => {
      const box = boxes[index];
      return box ? [[key, box] as const] : [];
    }),
  );

/** Places all tiles of the call. Pure. */
export const layoutStage = ({ keys, spotlight, width, height, lastSpoke }: StageInput): StageLayout => {
  const gap = width < 600 ? 6 : 10;
  if (spotlight !== null && keys.includes(spotlight)) {
    const others = keys.filter((key) => key !== spotlight);
    const { main, strip } = layoutSpotlight(others.length, width, height, gap);
    const ordered = keepSpeakersVisible(others, strip.length, lastSpoke);
    const boxes = paired(ordered, strip);
    boxes.set(spotlight, main);
    return { boxes, hidden: others.length - strip.length, height };
  }
  const minWidth = width < 600 ? 110 : 200;
  const grid = layoutGrid(keys.length, width, height, aspectFor(keys.length, width, height), {
    gap,
    minWidth,
  });
  const visible = grid.boxes.filter((box) => box.y + box.height <= height).length;
  return {
    boxes: paired(keepSpeakersVisible(keys, visible, lastSpoke), grid.boxes),
    hidden: 0,
    height: grid.height,
  };
};
