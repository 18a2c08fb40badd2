import assert from 'node:assert/strict';
import fc from 'fast-check';
import { memory, niceMax, plotPaths, Series, SeriesBook } from '../../../client/admin/src/model/series.ts';

describe('values over time on the admin page', () => {
  it('are kept for five minutes', () => {
    const series = new Series();
    for (let at = 0; at <= 2 * memory; at += 2_000) series.push(at, at);
    assert.equal(series.samples[0]?.at, memory);
    assert.equal(series.last, 2 * memory);
    assert.equal(series.samples.length, memory / 2_000 + 1);
  });

  it('are forgotten with their series when nobody feeds it', () => {
    const book = new SeriesBook();
    book.push('old', 1, 0);
    book.push('new', 1, memory);
    book.forget(memory + 1);
    assert.equal(book.get('old'), undefined);
    assert.equal(book.get('new')?.last, 1);
  });

  const frame = { width: 100, height: 20, from: 0, to: 10_000, max: 10 };

  it('become a line from left to right, with the largest at the top', () => {
    const samples = [
      { at: 0, value: 0 },
      { at: 5_000, value: 5 },
      { at: 10_000, value: 10 },
    ];
    assert.deepEqual(plotPaths(samples, frame), {
      line: 'M0 20L50 10L100 0',
      area: 'M0 20L0 20L50 10L100 0L100 20z',
    });
  });

  it('become a broken line where the page looked away', () => {
    const samples = [0, 1_000, 9_500, 10_000].map((at) => ({ at, value: 10 }));
    assert.equal(plotPaths(samples, frame).line, 'M0 0L10 0M95 0L100 0');
  });

  it('become a dot when there is one, and nothing when there is none', () => {
    assert.equal(plotPaths([{ at: 5_000, value: 5 }], frame).line, 'M50 10h0');
    assert.deepEqual(plotPaths([], frame), { line: '', area: '' });
  });

  it('stay inside the frame whatever they are', () => {
    const sample = fc.record({
      at: fc.integer({ min: -20_000, max: 20_000 }),
      value: fc.double({ noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        const sorted = samples.sort((one, other) => one.at - other.at);
        for (const [, x, y] of plotPaths(sorted, frame).line.matchAll(/[ML]([^ ]+) ([^LMh]+)/g)) {
          assert.ok(Number(x) >= 0 && Number(x) <= 100 && Number(y) >= 0 && Number(y) <= 20);
        }
      }),
    );
  });

  it('have a round number at the upper edge', () => {
    assert.deepEqual([0, 0.3, 1, 1.2, 7, 64_000, 4.2e6].map(niceMax), [1, 0.5, 1, 2, 10, 100_000, 5e6]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        assert.ok(niceMax(value) >= value * 0.999_999 && niceMax(value) <= value * 2.500_001);
      }),
    );
  });
});
