import type { LayoutEntry } from '../../common/contract/layout.ts';

/** Characters in a line of the drawing. */
const width = 60;
/** Characters are about twice as high as wide. */
const shape = 2;

function fraction(text: string): number {
  const [above = 0, below = 1] = text.split('/').map(Number);
  return above / below;
}

interface Frame {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Characters of the frame around a region: edges that touch are drawn once. */
const frameOf = ({ region: { area } }: LayoutEntry, rows: number): Frame => {
  const [left, top] = [fraction(area.left), fraction(area.top)];
  return {
    left: Math.round(left * width),
    top: Math.round(top * rows),
    right: Math.round((left + fraction(area.width)) * width),
    bottom: Math.round((top + fraction(area.height)) * rows),
  };
};

function drawFrame(canvas: string[][], { left, top, right, bottom }: Frame): void {
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const atSide = x === left || x === right;
      const atEnd = y === top || y === bottom;
      const here = canvas[y]?.[x];
      if (here === undefined) continue;
      const line = atSide && atEnd ? '+' : atSide ? '|' : atEnd ? '-' : ' ';
      // Where frames meet, the corner of one of them stays.
      const meets = line !== ' ' && line !== '+' && here !== ' ' && here !== line;
      (canvas[y] as string[])[x] = meets ? '+' : line;
    }
  }
}

function write(canvas: string[][], { left, top, right, bottom }: Frame, text: string): void {
  const room = right - left - 1;
  const row = canvas[Math.floor((top + bottom) / 2)];
  if (row === undefined || room < 1 || bottom - top < 2) return;
  const letters = Array.from(text);
  const shown = letters.length <= room ? letters : [...letters.slice(0, room - 1), '~'];
  const start = left + 1 + Math.floor((room - shown.length) / 2);
  for (const [index, letter] of shown.entries()) row[start + index] = letter;
}

/**
 * A layout as a drawing of lines and names.
 *
 * @param ratio width by height of the picture
 * @param nameOf what stands in a region
 */
export function drawLayout(
  layout: readonly LayoutEntry[],
  ratio: number,
  nameOf: (entry: LayoutEntry) => string,
): string {
  const rows = Math.max(4, Math.round(width / ratio / shape));
  const canvas = Array.from({ length: rows + 1 }, () => Array.from({ length: width + 1 }, () => ' '));
  drawFrame(canvas, { left: 0, top: 0, right: width, bottom: rows });
  for (const entry of layout) {
    const frame = frameOf(entry, rows);
    drawFrame(canvas, frame);
    write(canvas, frame, nameOf(entry));
  }
  return canvas.map((row) => row.join('').trimEnd()).join('\n');
}
