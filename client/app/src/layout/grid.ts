/** Position of a tile inside the stage, in CSS pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Tiles may be any shape between these two ratios (width / height); the picture inside is cropped to fit. */
export interface AspectRange {
  min: number;
  max: number;
}

export interface GridOptions {
  /** Pixels between tiles. Default 8. */
  gap?: number;
  /** Tiles never get narrower than this; the grid then grows downward and the stage scrolls. Default 0. */
  minWidth?: number;
}

export interface Grid {
  columns: number;
  rows: number;
  boxes: Box[];
  /** Height of the content: more than the stage's when it has to scroll. */
  height: number;
}

interface Cell {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

const fitCell = (width: number, height: number, aspect: AspectRange): { width: number; height: number } => {
  const ratio = width / height;
  if (ratio > aspect.max) return { width: height * aspect.max, height };
  if (ratio < aspect.min) return { width, height: width / aspect.min };
  return { width, height };
};

const cellFor = (
  count: number,
  columns: number,
  stage: { width: number; height: number },
  aspect: AspectRange,
  gap: number,
): Cell => {
  const rows = Math.ceil(count / columns);
  const width = Math.max(1, (stage.width - gap * (columns - 1)) / columns);
  const height = Math.max(1, (stage.height - gap * (rows - 1)) / rows);
  return { columns, rows, ...fitCell(width, height, aspect) };
};

const emptyCells = (cell: Cell, count: number): number => cell.columns * cell.rows - count;

const better = (candidate: Cell, best: Cell, count: number): boolean => {
  const difference = candidate.width * candidate.height - best.width * best.height;
  if (Math.abs(difference) > 1) return difference > 0;
  return emptyCells(candidate, count) < emptyCells(best, count);
};

/** The column count whose tiles are largest, none of them narrower than `minWidth`. */
const chooseCell = (
  count: number,
  stage: { width: number; height: number },
  aspect: AspectRange,
  gap: number,
  minWidth: number,
): Cell => {
  let best = cellFor(count, 1, stage, aspect, gap);
  for (let columns = 2; columns <= count; columns += 1) {
    const cell = cellFor(count, columns, stage, aspect, gap);
    if (better(cell, best, count)) best = cell;
  }
  const needed = Math.min(minWidth, stage.width);
  if (best.width >= needed) return best;
  const columns = Math.min(count, Math.max(1, Math.floor((stage.width + gap) / (needed + gap))));
  const width = (stage.width - gap * (columns - 1)) / columns;
  const ratio = Math.min(aspect.max, Math.max(aspect.min, 4 / 3));
  return { columns, rows: Math.ceil(count / columns), width, height: width / ratio };
};

/**
 * Places `count` equal tiles so that each is as large as it can be; the last row is centred and the whole block stands
 * in the middle of the stage. Coordinates are whole pixels. Pure: the same numbers always give the same grid.
 */
export const layoutGrid = (
  count: number,
  width: number,
  height: number,
  aspect: number | AspectRange,
  { gap = 8, minWidth = 0 }: GridOptions = {},
): Grid => {
  if (count <= 0 || width <= 0 || height <= 0) return { columns: 0, rows: 0, boxes: [], height: 0 };
  const range = typeof aspect === 'number' ? { min: aspect, max: aspect } : aspect;
  const cell = chooseCell(count, { width, height }, range, gap, minWidth);
  const tile = { width: Math.floor(cell.width), height: Math.floor(cell.height) };
  const blockHeight = cell.rows * tile.height + gap * (cell.rows - 1);
  const top = Math.max(0, Math.floor((height - blockHeight) / 2));
  const boxes: Box[] = [];
  for (let index = 0; index < count; index += 1) {
    const row = Math.floor(index / cell.columns);
    const inRow = Math.min(cell.columns, count - row * cell.columns);
    const left = Math.floor((width - inRow * tile.width - gap * (inRow - 1)) / 2);
    boxes.push({
      x: left + (index - row * cell.columns) * (tile.width + gap),
      y: top + row * (tile.height + gap),
      ...tile,
    });
  }
  return { columns: cell.columns, rows: cell.rows, boxes, height: Math.max(height, blockHeight) };
};
