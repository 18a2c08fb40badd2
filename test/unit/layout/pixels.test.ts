import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evenSize, toPixels } from '../../../common/layout/pixels.ts';
import { Templates } from '../../../common/layout/templates.ts';

const size = fc.record({
  width: fc.integer({ min: 16, max: 2000 }),
  height: fc.integer({ min: 16, max: 1200 }),
});

describe('regions in pixels', () => {
  it('tile the picture: every pixel belongs to exactly one of a template', () => {
    fc.assert(
      fc.property(size, fc.constantFrom('fluid' as const, 'lecture' as const), (canvas, base) => {
        const { width, height } = evenSize(canvas);
        for (const regions of new Templates({ base, custom: [] }, 16).all) {
          if (regions.length * 4 > Math.min(width, height)) continue;
          const owners = new Uint8Array((width / 2) * (height / 2));
          for (const { area } of regions) {
            const { left, top, ...tile } = toPixels(area, canvas);
            for (const value of [left, top, tile.width, tile.height]) assert.equal(value % 2, 0);
            for (let y = top; y < top + tile.height; y += 2) {
              const row = ((y / 2) * width) / 2;
              for (let x = left; x < left + tile.width; x += 2)
                owners[row + x / 2] = (owners[row + x / 2] ?? 0) + 1;
            }
          }
          assert.ok(owners.every((count) => count === 1));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('are even, never empty and never outside, however small', () => {
    const part = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(size, part, part, part, part, (canvas, x1, x2, y1, y2) => {
        const of = (a: number, b: number) => ({ from: Math.min(a, b), span: Math.abs(a - b) });
        const [x, y] = [of(x1, x2), of(y1, y2)];
        const fraction = (n: number) => `${n}/10000`;
        const area = {
          left: fraction(x.from),
          top: fraction(y.from),
          width: fraction(x.span),
          height: fraction(y.span),
        };
        const tile = toPixels(area, canvas);
        for (const value of Object.values(tile)) assert.equal(value % 2, 0);
        assert.ok(tile.width >= 2 && tile.height >= 2 && tile.left >= 0 && tile.top >= 0);
        assert.ok(tile.left + tile.width <= canvas.width && tile.top + tile.height <= canvas.height);
      }),
    );
  });

  it('round their edges to the nearest even pixel', () => {
    const area = { left: '1/3', top: '0', width: '1/3', height: '1' };
    assert.deepEqual(toPixels(area, { width: 641, height: 361 }), {
      left: 214,
      top: 0,
      width: 212,
      height: 360,
    });
  });
});
