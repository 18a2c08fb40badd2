import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BlockGrid, TickGrid, type Point } from '../../../../mixer-agent/mix/grids.ts';
import { Percentiles } from '../../../../mixer-agent/mix/percentiles.ts';

/** Times at which somebody looks, each later than the one before. */
const looks = (largestMs: number) =>
  fc
    .array(fc.double({ min: 0.1, max: largestMs, noNaN: true }), { minLength: 1, maxLength: 200 })
    .map((steps) =>
      steps.map(
        (
          (at) => (step: number) =>
            (at += step)
        )(1_000),
      ),
    );

const taken = (grid: { take(now: number): Point | undefined }, now: number): Point[] => {
  const points: Point[] = [];
  for (let point = grid.take(now); point !== undefined; point = grid.take(now)) points.push(point);
  return points;
};

describe('the grid of blocks', () => {
  it('gives every block once, in order, however seldom it is looked at', () => {
    fc.assert(
      fc.property(looks(400), (times) => {
        const grid = new BlockGrid(1_000);
        const points = times.flatMap((now) => taken(grid, now));
        assert.deepEqual(
          points.map(({ number }) => number),
          points.map((_point, index) => index),
        );
        for (const { number, at } of points) assert.equal(at, 1_000 + number * 20);
        assert.ok(grid.due > times.at(-1)!);
      }),
    );
  });

  it('gives up what is older than half a second', () => {
    const grid = new BlockGrid(0);
    assert.equal(taken(grid, 100).length, 6);
    const points = taken(grid, 10_000);
    assert.deepEqual(
      points.map(({ number }) => number),
      [500],
    );
  });
});

describe('the grid of ticks', () => {
  const framerates = fc.constantFrom(6, 12, 15, 24, 25, 30, 48, 60);

  it('never gives a tick twice, before its time, or out of order', () => {
    fc.assert(
      fc.property(looks(300), framerates, (times, framerate) => {
        const grid = new TickGrid(1_000, framerate);
        let last = -1;
        for (const now of times) {
          for (const { number, at } of taken(grid, now)) {
            assert.ok(number > last);
            assert.ok(at <= now + 1e-6 && now - at < 1000 / framerate + 1e-6);
            last = number;
          }
        }
        assert.ok(grid.due > times.at(-1)! - 1e-6);
      }),
    );
  });

  it('counts what it leaves out and what comes late', () => {
    const grid = new TickGrid(0, 25);
    assert.deepEqual(taken(grid, 0), [{ number: 0, at: 0 }]);
    assert.deepEqual(taken(grid, 45), [{ number: 1, at: 40 }]);
    assert.equal(grid.late, 0);
    assert.deepEqual(taken(grid, 105), [{ number: 2, at: 80 }]);
    assert.equal(grid.late, 1);
    assert.deepEqual(taken(grid, 240), [{ number: 6, at: 240 }]);
    assert.equal(grid.skipped, 3);
  });
});

describe('percentiles', () => {
  it('are of the newest values', () => {
    const values = new Percentiles(4);
    assert.deepEqual(values.read(), { p50: 0, p95: 0 });
    for (const value of [900, 1, 2, 3, 4]) values.add(value);
    assert.deepEqual(values.read(), { p50: 2, p95: 3 });
  });
});
