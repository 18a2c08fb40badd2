import { boundsOf, Coverage, edgesOf } from './coverage.ts';
import { fitLine, shapeLine, type ShapedLine } from './lines.ts';
import { nothing, type TextMask, type TextWish } from './text-mask.ts';

/** Above and below the baseline, in parts of the font size: marks upon marks are cut off there. */
const highest = 2;
const lowest = 1;

function lineEdges({ runs }: ShapedLine, scale: number): number[] {
  const edges: number[] = [];
  let pen = 0;
  for (const { face, glyphs } of runs) {
    for (const { id, advance, x, y } of glyphs) {
      const placement = { x: (pen + x) * scale, y: -y * scale, scale };
      for (const value of edgesOf(face.outline(id), placement)) edges.push(value);
      pen += advance;
    }
  }
  return edges;
}

function paintLine(line: ShapedLine, size: number): TextMask {
  const edges = lineEdges(line, size);
  const bounds = boundsOf(edges);
  if (bounds === undefined) return nothing;
  const top = Math.max(bounds.top, Math.floor(-highest * size));
  const height = Math.min(bounds.bottom, Math.ceil(lowest * size)) - top;
  const width = bounds.right - bounds.left;
  if (width <= 0 || height <= 0) return nothing;
  const coverage = new Coverage(width, height);
  for (let index = 0; index < edges.length; index += 4) {
    const [fromX, fromY, toX, toY] = edges.slice(index, index + 4) as [number, number, number, number];
    coverage.edge(fromX - bounds.left, fromY - top, toX - bounds.left, toY - top);
  }
  return { width, height, baseline: -top, data: coverage.pixels() };
}

/** @returns the mask; of 0 x 0 where nothing can be shown */
export function drawText({ text, font, size, room }: TextWish): TextMask {
  if (font === 'name') {
    const line = fitLine(text, false, room / size);
    return line === undefined ? nothing : paintLine(line, size);
  }
  const line = shapeLine(text, true);
  if (line === undefined) return nothing;
  return paintLine(line, line.width * size > room ? room / line.width : size);
}
