import type { Box } from './grid.ts';

const margin = 10;

/** A small tile in the lower right corner: a fifth of the width, large enough to be recognised. Pure. */
export const cornerBox = ({ width, height }: { width: number; height: number }): Box => {
  const across = Math.round(Math.min(240, Math.max(104, width * 0.2), width - 2 * margin));
  const down = Math.round(Math.min((across * 3) / 4, height - 2 * margin));
  return { x: width - across - margin, y: height - down - margin, width: across, height: down };
};
