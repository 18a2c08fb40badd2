import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plain } from '../../../../mixer-agent/mix/picture/i420.ts';
import { Scaler } from '../../../../mixer-agent/mix/picture/scaler.ts';
import { differingOutside, pixelOf } from '../../../support/pictures.ts';

const background = { y: 30, u: 120, v: 130 };
const colour = { y: 180, u: 90, v: 200 };
const side = fc.integer({ min: 1, max: 60 }).map((half) => 2 * half);
const size = fc.record({ width: side, height: side });

describe('bringing a picture to another size', () => {
  it('leaves bars of the background where the shape differs', () => {
    const scaler = new Scaler({
      from: { width: 40, height: 40 },
      to: { width: 160, height: 80 },
      fit: 'letterbox',
      background,
    });
    const picture = scaler.scale(plain({ width: 40, height: 40 }, colour));
    const middle = { left: 40, top: 0, width: 80, height: 80 };
    assert.equal(differingOutside(picture, [middle], background), 0);
    for (const [x, y] of [
      [40, 0],
      [119, 79],
      [80, 40],
    ] as const)
      assert.deepEqual(pixelOf(picture, x, y), colour);
  });

  it('cuts off what is too much when it fills the tile', () => {
    const source = plain({ width: 80, height: 40 }, background);
    for (let y = 0; y < 40; y += 1) source.data.fill(200, y * 80 + 20, y * 80 + 60);
    const to = { width: 100, height: 100 };
    const picture = new Scaler({ from: source, to, fit: 'crop', background }).scale(source);
    for (const x of [0, 50, 99]) assert.equal(pixelOf(picture, x, 50).y, 200);
  });

  it('takes the nearest sample', () => {
    const source = plain({ width: 4, height: 4 }, { y: 0, u: 128, v: 128 });
    source.data.set([0, 100, 200, 250], 0);
    for (let y = 1; y < 4; y += 1) source.data.set([0, 100, 200, 250], 4 * y);
    const to = { width: 8, height: 8 };
    const { data } = new Scaler({ from: source, to, fit: 'crop', background }).scale(source);
    assert.deepEqual([...data.subarray(0, 8)], [0, 0, 100, 100, 200, 200, 250, 250]);
  });

  it('keeps a plain colour plain, for any sizes', () => {
    fc.assert(
      fc.property(size, size, fc.constantFrom('letterbox' as const, 'crop' as const), (from, to, fit) => {
        const picture = new Scaler({ from, to, fit, background }).scale(plain(from, colour));
        assert.deepEqual([picture.width, picture.height], [to.width, to.height]);
        let shown = 0;
        for (let y = 0; y < to.height; y += 1) {
          for (let x = 0; x < to.width; x += 1) {
            const pixel = pixelOf(picture, x, y);
            if (pixel.y === colour.y) shown += 1;
            const expected = pixel.y === colour.y ? colour : background;
            assert.deepEqual(pixel, expected);
          }
        }
        assert.equal(shown > 0, Math.min(from.width, from.height) >= 4);
      }),
      { numRuns: 60 },
    );
  });
});
