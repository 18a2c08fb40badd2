import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StreamId } from '../../../common/contract/ids.ts';
import { Layout } from '../../../common/contract/layout.ts';
import { checkRegions } from '../../../common/layout/check.ts';
import { Templates } from '../../../common/layout/templates.ts';
import { isValid, readBoxes, regionsOf, type Boxes } from '../../../client/layout-editor/boxes.ts';
import {
  add,
  grids,
  moveTo,
  nudge,
  remove,
  resizeTo,
  split,
  stretch,
  type Handle,
} from '../../../client/layout-editor/edits.ts';
import { whole } from '../../../client/layout-editor/units.ts';

const region = (id: string, left: string, top: string, width: string, height: string) => ({
  ...{ id, shape: 'rectangle' as const },
  area: { left, top, width, height },
});
const boxes = (...regions: ReturnType<typeof region>[]): Boxes => readBoxes(regions);
const edgesOf = (all: Boxes, id: string) => {
  const { left, top, right, bottom } = all.find((box) => box.id === id)!;
  return [left, top, right, bottom].map((edge) => edge / whole);
};

const handles: Handle[] = [
  { x: 'left' },
  { x: 'right', y: 'top' },
  { y: 'bottom' },
  { x: 'right', y: 'bottom' },
];
const point = fc.record({
  x: fc.integer({ min: -whole, max: 2 * whole }),
  y: fc.integer({ min: -whole, max: 2 * whole }),
});
const steps = fc.constantFrom({ x: 1, y: 0 }, { x: -1, y: 0 }, { x: 0, y: 1 }, { x: 0, y: -1 });
const grid = fc.constantFrom(...grids);
type Change = (all: Boxes, id: string) => Boxes;

/** Anything that somebody may do with the regions. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(point, grid).map(
    ([to, lines]): Change =>
      (all, id) =>
        moveTo(all, id, { ...to, grid: lines }),
  ),
  fc.tuple(point, grid, fc.constantFrom(...handles)).map(
    ([to, lines, handle]): Change =>
      (all, id) =>
        resizeTo(all, id, { ...to, handle, grid: lines }),
  ),
  fc.tuple(steps, grid).map(
    ([by, lines]): Change =>
      (all, id) =>
        nudge(all, id, { ...by, grid: lines }),
  ),
  fc.tuple(steps, grid).map(
    ([by, lines]): Change =>
      (all, id) =>
        stretch(all, id, { ...by, grid: lines }),
  ),
  grid.map(
    (lines): Change =>
      (all) =>
        add(all, lines),
  ),
  fc.constant<Change>((all, id) => split(all, id, 16 / 9)),
  fc.constant<Change>(remove),
);

const start = fc
  .constantFrom(
    ...new Templates({ base: 'fluid', custom: [] }, 25).all,
    ...new Templates({ base: 'lecture', custom: [] }, 25).all,
  )
  .map((regions) => readBoxes(regions));

describe('the layout editor', () => {
  it('keeps regions inside the picture, and apart unless one lies inside an earlier one', () => {
    fc.assert(
      fc.property(start, fc.array(fc.tuple(change, fc.nat(30)), { maxLength: 25 }), (first, changes) => {
        let all = first;
        for (const [apply, which] of changes) {
          all = apply(all, all[which % all.length]!.id);
          assert.ok(isValid(all));
          // What the server says of it.
          const told = checkRegions(regionsOf(all), { field: 'layout' });
          assert.deepEqual(told, regionsOf(all), 'fractions are exact and normal');
        }
      }),
    );
  });

  it('gives back exactly what it read, also what does not fit its units', () => {
    const odd = region('odd', '1/13', '1/17', '5/13', '333333/999983');
    const plain = region('plain', '1/2', '3/7', '1/11', '29/100');
    assert.deepEqual(regionsOf(boxes(odd, plain)), [odd, plain]);
    const decimal = readBoxes([
      { id: 'd', shape: 'rectangle', area: { left: 0.333333333, top: '.25', width: '0.1234567', height: 1 } },
    ]);
    const [{ area } = odd] = regionsOf(decimal);
    assert.deepEqual(area, {
      left: '333333/1000000',
      top: '250000/1000000',
      width: '123457/1000000',
      height: '1000000/1000000',
    });
    const third = readBoxes([
      { id: 't', shape: 'rectangle', area: { left: 0.333333333, top: 0, width: '0.333333333', height: '1' } },
    ]);
    assert.deepEqual(regionsOf(third)[0]?.area, { left: '1/3', top: '0/1', width: '1/3', height: '1/1' });
    Layout.parse([{ region: regionsOf(third)[0], stream: StreamId.parse('s') }]);
  });

  it('lets a region rest on the grid, and on the edges of others', () => {
    const two = boxes(region('a', '0', '0', '1/5', '1/5'), region('b', '1/2', '1/2', '1/4', '1/4'));
    const moved = moveTo(two, 'b', { x: 0.26 * whole, y: 0.49 * whole, grid: 12 });
    assert.deepEqual(edgesOf(moved, 'b'), [1 / 4, 1 / 2, 1 / 2, 3 / 4]);
    const beside = moveTo(two, 'b', { x: 0.205 * whole, y: 0, grid: 6 });
    assert.deepEqual(edgesOf(beside, 'b'), [0.2, 0, 0.45, 0.25]);
  });

  it('stops a region at what stands in its way, and slides it along', () => {
    const two = boxes(region('a', '0', '0', '1/2', '1'), region('b', '1/2', '0', '1/4', '1/4'));
    const pushed = moveTo(two, 'b', { x: 0.3 * whole, y: whole / 2, grid: 12 });
    assert.deepEqual(edgesOf(pushed, 'b'), [1 / 2, 1 / 2, 3 / 4, 3 / 4]);
    assert.equal(moveTo(two, 'a', { x: whole / 6, y: 0, grid: 12 }), two);
  });

  it('lets a later region lie on an earlier one, but not an earlier one on a later', () => {
    const two = boxes(region('a', '0', '0', '1/2', '1'), region('b', '1/2', '0', '1/4', '1/4'));
    const inside = moveTo(two, 'b', { x: whole / 12, y: whole / 12, grid: 12 });
    assert.ok(isValid(inside));
    assert.deepEqual(edgesOf(inside, 'b').slice(0, 2), [1 / 12, 1 / 12]);
    const other = boxes(region('b', '1/2', '0', '1/4', '1/4'), region('a', '0', '0', '1/2', '1'));
    assert.equal(moveTo(other, 'b', { x: whole / 12, y: 0, grid: 12 }), other);
  });

  it('resizes one or two edges and keeps the others', () => {
    const one = boxes(region('a', '1/4', '1/4', '1/2', '1/2'));
    const corner = resizeTo(one, 'a', {
      x: 0.9 * whole,
      y: 0.99 * whole,
      handle: { x: 'right', y: 'bottom' },
      grid: 12,
    });
    assert.deepEqual(edgesOf(corner, 'a'), [1 / 4, 1 / 4, 11 / 12, 1]);
    const side = resizeTo(one, 'a', { x: whole, y: 0, handle: { x: 'left' }, grid: 24 });
    assert.deepEqual(
      edgesOf(side, 'a'),
      [17 / 24, 1 / 4, 3 / 4, 3 / 4],
      'an edge does not pass the other one',
    );
  });

  it('moves with keys by a step, over what stands in its way', () => {
    const two = boxes(region('a', '0', '0', '1/4', '1/4'), region('b', '1/4', '0', '1/4', '1/2'));
    const over = nudge(two, 'a', { x: 1, y: 0, grid: 12 });
    assert.deepEqual(edgesOf(over, 'a').slice(0, 2), [1 / 2, 0]);
    assert.deepEqual(edgesOf(nudge(two, 'a', { x: 0, y: 1, grid: 12 }), 'a').slice(0, 2), [0, 1 / 12]);
    assert.equal(nudge(two, 'a', { x: -1, y: 0, grid: 12 }), two);
    assert.deepEqual(edgesOf(stretch(two, 'a', { x: 0, y: 1, grid: 12 }), 'a'), [0, 0, 1 / 4, 1 / 3]);
    assert.equal(stretch(two, 'a', { x: 1, y: 0, grid: 12 }), two);
  });

  it('adds regions where there is room, then inside others, with ids of their own', () => {
    const half = boxes(region('1', '0', '0', '1/2', '1'));
    const [, second] = add(half, 12);
    assert.deepEqual([second?.id, second?.left], ['2', whole / 2]);
    const full = boxes(region('x', '0', '0', '1', '1'));
    const inside = add(full, 12);
    assert.ok(isValid(inside) && inside.length === 2);
    let all = full;
    for (let count = 0; count < 40; count += 1) all = add(all, 12);
    assert.ok(isValid(all) && all.length >= 5);
  });

  it('splits along the longer side and keeps one region at least', () => {
    const one = boxes(region('1', '0', '0', '1', '1'));
    const wide = split(one, '1', 16 / 9);
    assert.deepEqual(
      [edgesOf(wide, '1'), edgesOf(wide, '2')],
      [
        [0, 0, 0.5, 1],
        [0.5, 0, 1, 1],
      ],
    );
    assert.deepEqual(edgesOf(split(one, '1', 9 / 16), '2'), [0, 0.5, 1, 1]);
    assert.equal(remove(one, '1'), one);
    assert.deepEqual(
      regionsOf(remove(wide, '1')).map(({ id }) => id),
      ['2'],
    );
  });
});
