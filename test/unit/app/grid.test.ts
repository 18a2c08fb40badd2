import assert from 'node:assert/strict';
import fc from 'fast-check';
import { layoutGrid } from '../../../client/app/src/layout/grid.ts';
import type { Box } from '../../../client/app/src/layout/grid.ts';

const stage = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  width: fc.integer({ min: 200, max: 3000 }),
  height: fc.integer({ min: 200, max: 3000 }),
});
const range = { min: 3 / 4, max: 16 / 9 };

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const pairs = (boxes: Box[]): [Box, Box][] =>
  boxes.flatMap((a, index) => boxes.slice(index + 1).map((b): [Box, Box] => [a, b]));

describe('the grid of tiles', () => {
  it('gives one tile all the width of a stage of its own shape', () => {
    const { boxes } = layoutGrid(1, 1600, 900, 16 / 9);
    assert.deepEqual(boxes, [{ x: 0, y: 0, width: 1600, height: 900 }]);
  });

  it('puts two side by side in a wide stage and above each other in a tall one', () => {
    assert.equal(layoutGrid(2, 1280, 700, range).columns, 2);
    assert.equal(layoutGrid(2, 390, 740, range).columns, 1);
  });

  it('centres a last row that is not full', () => {
    const { columns, rows, boxes } = layoutGrid(5, 1280, 700, 16 / 9, { gap: 10 });
    assert.deepEqual([columns, rows], [3, 2]);
    const [fourth, fifth] = boxes.slice(3);
    assert.ok(fourth && fifth);
    assert.ok(Math.abs(fourth.x - (1280 - fifth.x - fifth.width)) <= 1);
  });

  it('arranges sixteen as four by four', () => {
    const { columns, rows } = layoutGrid(16, 1280, 720, 16 / 9);
    assert.deepEqual([columns, rows], [4, 4]);
  });

  it('is empty without tiles or without a stage', () => {
    assert.deepEqual(layoutGrid(0, 800, 600, 1).boxes, []);
    assert.deepEqual(layoutGrid(3, 0, 600, 1).boxes, []);
  });

  it('places every tile inside the stage, none over another, all of the same size', () => {
    fc.assert(
      fc.property(stage, ({ count, width, height }) => {
        const { boxes } = layoutGrid(count, width, height, range, { gap: 6 });
        assert.equal(boxes.length, count);
        for (const box of boxes) {
          assert.ok(box.x >= 0 && box.y >= 0);
          assert.ok(box.x + box.width <= width && box.y + box.height <= height);
          assert.deepEqual([box.width, box.height], [boxes[0]?.width, boxes[0]?.height]);
        }
        assert.ok(!pairs(boxes).some(([a, b]) => overlap(a, b)));
      }),
    );
  });

  it('keeps the shape of tiles within its bounds', () => {
    fc.assert(
      fc.property(stage, ({ count, width, height }) => {
        const [box] = layoutGrid(count, width, height, range, { gap: 0 }).boxes;
        assert.ok(box);
        // Whole pixels: a small tile is off by at most one of them.
        assert.ok((box.width + 1) / box.height >= range.min);
        assert.ok(box.width / (box.height + 1) <= range.max);
      }),
    );
  });

  it('leaves no column count whose tiles would be larger', () => {
    fc.assert(
      fc.property(stage, ({ count, width, height }) => {
        const [box] = layoutGrid(count, width, height, 4 / 3, { gap: 0 }).boxes;
        assert.ok(box);
        for (let columns = 1; columns <= count; columns += 1) {
          const scale = Math.min(width / columns / 4, height / Math.ceil(count / columns) / 3);
          assert.ok(box.width >= Math.floor(scale * 4) - 1, `${String(columns)} columns would be better`);
        }
      }),
    );
  });

  it('grows downward rather than making tiles narrower than wished', () => {
    const { boxes, height } = layoutGrid(40, 390, 700, range, { gap: 6, minWidth: 110 });
    assert.ok(height > 700);
    assert.ok(boxes.every((box) => box.width >= 110 && box.x + box.width <= 390));
    assert.equal(Math.max(...boxes.map((box) => box.y + box.height)), height);
  });
});
