import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keepSpeakersVisible } from '../../../client/app/src/layout/order.ts';
import { layoutSpotlight } from '../../../client/app/src/layout/spotlight.ts';
import { layoutStage } from '../../../client/app/src/layout/stage.ts';

const nobody = new Map<string, number>();
const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${String(index)}`);

describe('the order of tiles', () => {
  it('is left alone when all of them fit', () => {
    assert.deepEqual(keepSpeakersVisible(['a', 'b'], 2, new Map([['b', 9]])), ['a', 'b']);
  });

  it('brings a hidden speaker in, in exchange for the one silent longest', () => {
    const spoke = new Map([
      ['a', 5],
      ['b', 2],
      ['d', 7],
    ]);
    assert.deepEqual(keepSpeakersVisible(['a', 'b', 'c', 'd'], 2, spoke), ['a', 'd', 'c', 'b']);
  });

  it('always holds the same tiles, the latest speakers among the visible', () => {
    const times = fc.array(fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(times, fc.nat(20), (spoken, visible) => {
        const all = keys(spoken.length);
        const spoke = new Map(all.flatMap((key, n) => (spoken[n] === undefined ? [] : [[key, spoken[n]]])));
        const ordered = keepSpeakersVisible(all, visible, spoke);
        assert.deepEqual([...ordered].sort(), [...all].sort());
        const at = (key: string): number => spoke.get(key) ?? -1;
        const latest = [...all]
          .sort((a, b) => at(b) - at(a))
          .slice(0, visible)
          .map(at);
        const shown = ordered.slice(0, visible).map(at);
        assert.deepEqual(
          shown.sort((a, b) => b - a),
          latest,
        );
      }),
    );
  });
});

describe('the spotlight', () => {
  it('fills the stage when there is nothing else to show', () => {
    assert.deepEqual(layoutSpotlight(0, 800, 600).main, { x: 0, y: 0, width: 800, height: 600 });
  });

  it('has its strip beside it on wide stages and below it on tall ones', () => {
    const wide = layoutSpotlight(4, 1280, 700);
    assert.ok(wide.strip.every((box) => box.x > wide.main.width));
    const tall = layoutSpotlight(4, 390, 700);
    assert.ok(tall.strip.every((box) => box.y > tall.main.height));
  });

  it('keeps the strip inside the stage and off the large tile', () => {
    const size = fc.integer({ min: 240, max: 2500 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), size, size, (others, width, height) => {
        const { main, strip } = layoutSpotlight(others, width, height);
        assert.ok(strip.length >= 1 && strip.length <= others);
        for (const box of strip) {
          assert.ok(box.x >= 0 && box.x + box.width <= width);
          assert.ok(box.y >= 0 && box.y + box.height <= height);
          assert.ok(box.x >= main.width || box.y >= main.height);
        }
      }),
    );
  });
});

describe('the stage', () => {
  it('places every tile when there is no spotlight', () => {
    const { boxes, hidden } = layoutStage({
      keys: keys(7),
      spotlight: null,
      width: 1000,
      height: 700,
      lastSpoke: nobody,
    });
    assert.equal(boxes.size, 7);
    assert.equal(hidden, 0);
  });

  it('makes the spotlight the largest and counts who found no place', () => {
    const { boxes, hidden } = layoutStage({
      keys: keys(60),
      spotlight: 'p3',
      width: 390,
      height: 700,
      lastSpoke: nobody,
    });
    const large = boxes.get('p3');
    assert.ok(large && large.width === 390);
    assert.equal(boxes.size + hidden, 60);
    assert.ok(hidden > 0);
  });

  it('ignores a spotlight that is gone', () => {
    const { boxes } = layoutStage({
      keys: keys(2),
      spotlight: 'x',
      width: 900,
      height: 600,
      lastSpoke: nobody,
    });
    assert.equal(boxes.size, 2);
  });
});
