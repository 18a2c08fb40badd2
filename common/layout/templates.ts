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

const square = (k: number): LayoutRegion[] =>
  onGrid(
    k,
    Array.from({ length: k * k }, (_, index) => ({ x: index % k, y: Math.floor(index / k), span: 1 })),
  );

/** One large region at the top left; the small ones down its right side, then along its bottom from right to left. */
function lecture(k: number, border: 1 | 2): LayoutRegion[] {
  const span = k - border;
  const cells: Cells[] = [{ x: 0, y: 0, span }];
  for (let y = 0; y < k; y += 1) for (let x = span; x < k; x += 1) cells.push({ x, y, span: 1 });
  for (let x = span - 1; x >= 0; x -= 1) for (let y = span; y < k; y += 1) cells.push({ x, y, span: 1 });
  return onGrid(k, cells);
}

function* bases(base: TemplateBase): Generator<LayoutRegion[]> {
  if (base === 'fluid') for (let k = 1; ; k += 1) yield square(k);
  if (base === 'lecture') {
    yield square(1);
    for (let k = 3; k <= 7; k += 1) yield lecture(k, 1);
    for (let k = 5; k <= 7; k += 1) yield lecture(k, 2);
  }
}

/**
 * The layouts of a view, from few regions to many (OWT 8, end): `fluid` grids of k x k, `lecture` with 1, 6, 8, 10, 12, 14, 17, 21
 * and 25 regions, each as far as `maxInput` needs it; `void` none. A custom one takes the place of that with as many regions.
 *
 * @throws PorticoError bad_request: a custom template is none
 */
export function templatesOf({ base, custom }: TemplateSettings, maxInput: number): LayoutRegion[][] {
  const templates: LayoutRegion[][] = [];
  for (const regions of bases(base)) {
    templates.push(regions);
    if (regions.length >= maxInput) break;
  }
  for (const [index, { region }] of custom.entries()) {
    const regions = checkRegions(region, { field: `custom[${index}].region` });
    const larger = templates.findIndex(({ length }) => length >= regions.length);
    const place = larger < 0 ? templates.length : larger;
    templates.splice(place, templates[place]?.length === regions.length ? 1 : 0, regions);
  }
  return templates;
}

/** The smallest with a region for each of `count` inputs, else the largest; no regions where there is no template. */
export const chooseTemplate = (templates: readonly LayoutRegion[][], count: number): LayoutRegion[] =>
  templates.find(({ length }) => length >= count) ?? templates.at(-1) ?? [];
