import assert from 'node:assert/strict';
import { MessageAge } from '../../../common/bus/message-age.ts';

describe('the age of messages', () => {
  let now = 0;
  let ages: MessageAge;
  beforeEach(() => {
    now = 1_000_000;
    ages = new MessageAge(() => now);
  });

  it('is exact when the clock is shared', () => {
    assert.equal(ages.of(undefined, now - 40), 40);
  });

  for (const difference of [-5e9, 0, 5e9]) {
    it(`is measured against the fastest when the clocks differ by ${difference} ms`, () => {
      const stamp = (age: number): number => now - difference - age;
      assert.equal(ages.of('peer', stamp(2)), 0);
      assert.equal(ages.of('peer', stamp(1)), 0);
      assert.equal(ages.of('peer', stamp(301)), 300);
      now += 10_000; // the process hung
      assert.equal(ages.of('peer', stamp(9_001)), 9_000);
      assert.equal(ages.of('peer', stamp(1)), 0);
    });
  }

  it('is of each peer', () => {
    ages.of('one', now - 5_000);
    assert.equal(ages.of('two', now), 0);
    assert.equal(ages.of('one', now - 5_100), 100);
  });

  it('recovers within half a minute from a clock that was set back', () => {
    ages.of('peer', now);
    let seen = 0;
    for (let second = 0; second < 35; second++) {
      now += 1_000;
      seen = ages.of('peer', now - 60_000);
    }
    assert.equal(seen, 0);
  });

  it('forgets peers of which there are too many', () => {
    for (let n = 0; n < 5_000; n++) ages.of(`peer ${n}`, now);
    assert.equal(ages.of('peer 0', now - 1_000), 0);
    assert.equal(ages.of('peer 4999', now - 1_000), 1_000);
  });
});
