import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Region, Region as RegionSchema, type TemplateBase } from '../../../common/contract/layout.ts';
import { boxOf, overlap } from '../../../common/layout/box.ts';
import { compare, one } from '../../../common/layout/rational.ts';
import { Templates } from '../../../common/layout/templates.ts';

const counts = (base: TemplateBase, maxInput: number, custom: { region: Region[] }[] = []) =>
  new Templates({ base, custom }, maxInput).all.map(({ length }) => length);

/** So many columns side by side. */
const columns = (count: number): { region: Region[] } => ({
  region: Array.from({ length: count }, (_, index) => ({
    id: `c${index}`,
    shape: 'rectangle',
    area: { left: `${index}/${count}`, top: '0', width: `1/${count}`, height: '1' },
  })),
});

const base = fc.constantFrom<TemplateBase>('fluid', 'lecture');
const maxInput = fc.integer({ min: 1, max: 256 });
const at = (k: number, x: number, y: number) => `${x}/${k} ${y}/${k}`;
/** Where a number of inputs are, and how wide. */
const placesOf = (templates: Templates) => (count: number) =>
  templates.for(count).map(({ id, area: { left, top, width } }) => `${id}: ${left} ${top}, ${width}`);

describe('templates of layouts', () => {
  it('grow as far as the number of inputs needs them', () => {
    assert.deepEqual(counts('fluid', 1), [1]);
    assert.deepEqual(counts('fluid', 10), [1, 4, 9, 16]);
    assert.deepEqual(counts('fluid', 256).at(-1), 256);
    assert.deepEqual(counts('lecture', 1), [1]);
    assert.deepEqual(counts('lecture', 6), [1, 6]);
    assert.deepEqual(counts('lecture', 9), [1, 6, 8, 10]);
    assert.deepEqual(counts('lecture', 100), [1, 6, 8, 10, 12, 14, 17, 21, 25]);
    assert.deepEqual(counts('void', 16), []);
  });

  it('never overlap, stay inside the picture, and cover it whole', () => {
    fc.assert(
      fc.property(base, maxInput, (family, inputs) => {
        for (const regions of new Templates({ base: family, custom: [] }, inputs).all.slice(0, 9)) {
          const boxes = regions.map(({ area }) => boxOf(area));
          let covered = 0;
          for (const [index, box] of boxes.entries()) {
            assert.ok(compare(box.right, one) <= 0 && compare(box.bottom, one) <= 0);
            assert.ok(!boxes.slice(0, index).some((other) => overlap(box, other)));
            covered +=
              (Number(box.width.n) / Number(box.width.d)) * (Number(box.height.n) / Number(box.height.d));
          }
          assert.ok(Math.abs(covered - 1) < 1e-9);
          assert.equal(new Set(regions.map(({ id }) => id)).size, regions.length);
          for (const region of regions) RegionSchema.parse(region);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('have a place for every input', () => {
    fc.assert(
      fc.property(base, maxInput, fc.integer({ min: 0, max: 300 }), (family, inputs, count) => {
        const templates = new Templates({ base: family, custom: [] }, inputs);
        const wanted = Math.min(count, inputs);
        const regions = templates.for(wanted);
        assert.equal(regions.length, Math.max(1, Math.min(wanted, templates.all.at(-1)!.length)));
        const boxes = regions.map(({ area }) => boxOf(area));
        for (const [index, box] of boxes.entries()) {
          assert.ok(compare(box.right, one) <= 0 && compare(box.bottom, one) <= 0);
          assert.ok(!boxes.slice(Math.max(0, index - 40), index).some((other) => overlap(box, other)));
        }
        for (const region of regions) RegionSchema.parse(region);
      }),
      { numRuns: 60 },
    );
  });

  it('of a lecture run down the right side and back along the bottom', () => {
    const [, six] = new Templates({ base: 'lecture', custom: [] }, 25).all;
    const places = six?.map(({ area }) =>
      [boxOf(area).left, boxOf(area).top].map(({ n, d }) => (3n * n) / d),
    );
    assert.equal(places?.join(' '), '0,0 2,0 2,1 2,2 1,2 0,2');
    const double = new Templates({ base: 'lecture', custom: [] }, 25).all.find(({ length }) => length === 17);
    assert.deepEqual(double?.[0]?.area, { left: '0/1', top: '0/1', width: '3/5', height: '3/5' });
    const around = double?.slice(1).map(({ area }) => `${area.left} ${area.top}`);
    assert.deepEqual(around?.slice(0, 3), [at(5, 3, 0).replace('0/5', '0/1'), '4/5 0/1', at(5, 3, 1)]);
    assert.equal(around?.at(-1), '0/1 4/5');
  });

  it('of its own take the place of the one with as many regions, or come before the first larger one', () => {
    assert.deepEqual(counts('fluid', 9, [columns(4), columns(2), columns(20)]), [1, 2, 4, 9, 20]);
    const templates = new Templates({ base: 'fluid', custom: [columns(4)] }, 9);
    assert.equal(templates.for(3)[3]?.id, 'c3');
    assert.deepEqual(counts('void', 9, [columns(3), columns(2)]), [2, 3]);
  });

  it('are chosen by the number of inputs: the smallest with enough regions, else the largest', () => {
    const templates = new Templates({ base: 'lecture', custom: [] }, 9);
    const chosen = [0, 1, 2, 6, 7, 9, 11].map((count) => templates.for(count).length);
    assert.deepEqual(chosen, [1, 1, 2, 6, 7, 9, 10]);
    assert.deepEqual(new Templates({ base: 'void', custom: [] }, 9).for(3), []);
  });

  it('of a grid that is not full have no empty regions, and what they have in the middle', () => {
    const templates = new Templates({ base: 'fluid', custom: [] }, 9);
    const places = placesOf(templates);
    assert.deepEqual(places(2), ['1: 0/1 1/4, 1/2', '2: 1/2 1/4, 1/2']);
    assert.deepEqual(places(3), ['1: 0/1 0/1, 1/2', '2: 1/2 0/1, 1/2', '3: 1/4 1/2, 1/2']);
    assert.deepEqual(templates.for(4), templates.all[1]);
    assert.deepEqual(places(5).slice(2), ['3: 2/3 1/6, 1/3', '4: 1/6 1/2, 1/3', '5: 1/2 1/2, 1/3']);
  });

  it('of a lecture that is not full have no empty regions, and both sides of the middle look alike', () => {
    const templates = new Templates({ base: 'lecture', custom: [] }, 25);
    const places = placesOf(templates);
    assert.deepEqual(places(2), ['1: 0/1 1/6, 2/3', '2: 2/3 1/3, 1/3']);
    assert.deepEqual(places(3), ['1: 0/1 1/6, 2/3', '2: 2/3 1/6, 1/3', '3: 2/3 1/2, 1/3']);
    assert.deepEqual(places(4).slice(1), ['2: 2/3 0/1, 1/3', '3: 2/3 1/3, 1/3', '4: 2/3 2/3, 1/3']);
    assert.deepEqual(places(5).slice(3), ['4: 1/2 2/3, 1/3', '5: 1/6 2/3, 1/3']);
    assert.deepEqual(templates.for(6), templates.all[1]);
    for (let count = 2; count <= 25; count += 1) {
      const boxes = templates.for(count).map(({ area }) => boxOf(area));
      const bottom = boxes.filter((box) => compare(box.top, boxes[0]!.bottom) >= 0);
      const ends = bottom.flatMap(({ left, right }) => [
        Number(left.n) / Number(left.d),
        Number(right.n) / Number(right.d),
      ]);
      if (bottom.length > 0)
        assert.ok(Math.abs(Math.min(...ends) + Math.max(...ends) - 1) < 1e-9, String(count));
      for (const { width, height } of boxes) assert.equal(compare(width, height), 0);
    }
  });
});
