import type { LayoutRegion, Region, TemplateBase } from '../contract/layout.ts';
import { toRegion } from './box.ts';
import { checkRegions } from './check.ts';
import { rational } from './rational.ts';

/** What a view is configured with (OWT 8). */
export interface TemplateSettings {
  base: TemplateBase;
  custom: readonly { region: readonly Region[] }[];
}

/** Squares of a grid of `k` x `k` that a region takes. */
interface Cells {
  x: number;
  y: number;
  span: number;
}

const onGrid = (k: number, cells: readonly Cells[]): LayoutRegion[] =>
  cells.map(({ x, y, span }, index) =>
    toRegion(String(index + 1), {
      left: rational(x, k),
      top: rational(y, k),
      width: rational(span, k),
      height: rational(span, k),
    }),
  );

/**
 * One large region at the top left of a grid of `k` x `k`; small ones, `border` of them side by side, down its right side, then along
 * its bottom from right to left. With fewer inputs than regions: those at the bottom in the middle of its width; when all find room at
 * the right, they and the large one in the middle of its height.
 */
function lecture(k: number, border: 1 | 2, count: number): LayoutRegion[] {
  const span = k - border;
  const small = count - 1;
  const squares: [x: number, y: number][] = [];
  for (let y = 0; y < k; y += 1) for (let x = span; x < k; x += 1) squares.push([x, y]);
  for (let x = span - 1; x >= 0; x -= 1) for (let y = span; y < k; y += 1) squares.push([x, y]);
  const rows = Math.ceil(small / border);
  const columns = rows - span;
  const isColumn = rows <= k;
  // Counted in halves of a square.
  const place = ([x, y]: [number, number]): Cells => {
    const indent = !isColumn && y >= span ? k - columns : 0;
    return { x: 2 * x - indent, y: 2 * y + (isColumn ? k - rows : 0), span: 2 };
  };
  const large = { x: 0, y: isColumn ? border : 0, span: 2 * span };
  return onGrid(2 * k, [large, ...squares.slice(0, small).map(place)]);
}

/**
 * A grid of `k` x `k`. With fewer inputs than squares: the rows that are needed, in the middle; a last row that is not full in
 * the middle of its width.
 */
function grid(k: number, count: number): LayoutRegion[] {
  const rows = Math.ceil(count / k);
  const inLastRow = count - (rows - 1) * k;
  // Counted in halves of a square.
  const cells = Array.from({ length: count }, (_, index) => {
    const [x, y] = [index % k, Math.floor(index / k)];
    const indent = y === rows - 1 ? k - inLastRow : 0;
    return { x: 2 * x + indent, y: 2 * y + k - rows, span: 2 };
  });
  return onGrid(2 * k, cells);
}

interface Template {
  /** How many regions it has when it is full. */
  capacity: number;
  /** Its regions for `count` inputs, 1 to `capacity`; one of a view's own has all of them always. */
  regions: (count: number) => LayoutRegion[];
}

function* bases(base: TemplateBase): Generator<Template> {
  if (base === 'fluid')
    for (let k = 1; ; k += 1) yield { capacity: k * k, regions: (count) => grid(k, count) };
  if (base === 'lecture') {
    const around = (k: number, border: 1 | 2): Template => ({
      capacity: k * k - (k - border) ** 2 + 1,
      regions: (count) => lecture(k, border, count),
    });
    yield { capacity: 1, regions: () => grid(1, 1) };
    for (let k = 3; k <= 7; k += 1) yield around(k, 1);
    for (let k = 5; k <= 7; k += 1) yield around(k, 2);
  }
}

/**
 * The layouts of a view, from few regions to many (OWT 8, end): `fluid` grids of k x k, `lecture` with 1, 6, 8, 10, 12, 14, 17, 21
 * and 25 regions, each as far as `maxInput` needs it; `void` none. A custom one takes the place of that with as many regions.
 */
export class Templates {
  readonly #templates: Template[] = [];

  /** @throws PorticoError bad_request: a custom template is none */
  constructor({ base, custom }: TemplateSettings, maxInput: number) {
    const templates = this.#templates;
    for (const template of bases(base)) {
      templates.push(template);
      if (template.capacity >= maxInput) break;
    }
    for (const [index, { region }] of custom.entries()) {
      const regions = checkRegions(region, { field: `custom[${index}].region` });
      const larger = templates.findIndex((other) => other.capacity >= regions.length);
      const place = larger < 0 ? templates.length : larger;
      const replaced = templates[place]?.capacity === regions.length ? 1 : 0;
      templates.splice(place, replaced, { capacity: regions.length, regions: () => regions });
    }
  }

  /** All of them, full. */
  get all(): LayoutRegion[][] {
    return this.#templates.map(({ capacity, regions }) => regions(capacity));
  }

  /**
   * The smallest with a region for each of `count` inputs, else the largest; no regions where there is no template. Of a
   * template of ours only the regions that are needed, moved to the middle: two people side by side are not in the upper half of a picture.
   */
  for(count: number): LayoutRegion[] {
    const templates = this.#templates;
    const chosen = templates.find(({ capacity }) => capacity >= count) ?? templates.at(-1);
    return chosen?.regions(Math.max(1, Math.min(count, chosen.capacity))) ?? [];
  }
}
