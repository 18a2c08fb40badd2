import assert from 'node:assert/strict';
import { ResultMemory } from '../../../common/bus/result-memory.ts';
import { until } from '../../support/until.ts';

describe('remembered results', () => {
  let now = 0;
  const limits = { keepMs: 100, maxEntries: 3, maxChars: 100 };
  const memory = (some: Partial<typeof limits> = {}) => new ResultMemory({ ...limits, ...some }, () => now);
  beforeEach(() => {
    now = 0;
  });

  it('are kept for their time and then forgotten', () => {
    const results = memory();
    results.set('a', '1');
    now = 99;
    assert.equal(results.get('a'), '1');
    now = 100;
    assert.equal(results.get('a'), undefined);
    results.set('b', '2');
    assert.equal(results.size, 1);
  });

  it('are forgotten in time also when nothing is added any more', async () => {
    const results = new ResultMemory({ ...limits, keepMs: 1 });
    results.set('a', '1');
    await until(() => results.size === 0);
  });

  it('of which there are too many go in the order of their age', () => {
    const results = memory();
    for (const key of ['a', 'b', 'c', 'd']) results.set(key, key);
    assert.equal(results.get('a'), undefined);
    assert.deepEqual(
      ['b', 'c', 'd'].map((key) => results.get(key)),
      ['b', 'c', 'd'],
    );
  });

  it('that are too long together go in the order of their age', () => {
    const results = memory();
    results.set('a', 'x'.repeat(60));
    results.set('b', 'x'.repeat(60));
    assert.equal(results.get('a'), undefined);
    assert.equal(results.get('b')?.length, 60);
    results.set('c', 'x'.repeat(500));
    assert.equal(results.size, 0);
    results.set('d', 'x'.repeat(90));
    assert.equal(results.get('d')?.length, 90);
  });

  it('that are replaced count once and from then on', () => {
    const results = memory();
    results.set('a', 'x'.repeat(80));
    now = 60;
    results.set('a', 'y'.repeat(80));
    now = 120;
    assert.equal(results.get('a'), 'y'.repeat(80));
    assert.equal(results.size, 1);
  });
});
