import assert from 'node:assert/strict';
import { Starts } from '../../../../mixer-agent/mix/video/starts.ts';

describe('whose turn it is to start a decoder', () => {
  const [one, two, three] = [{}, {}, {}];

  it('lets two start at a time, one after the other', () => {
    const starts = new Starts();
    assert.ok(starts.may(one, 0));
    assert.ok(!starts.may(two, 79));
    assert.ok(starts.may(two, 80));
    assert.ok(!starts.may(three, 200));
    starts.ended(one);
    starts.ended(one);
    assert.ok(starts.may(three, 200));
    assert.ok(!starts.may(one, 400));
  });

  it('waits no longer than a second for one that has no picture', () => {
    const starts = new Starts();
    starts.may(one, 0);
    starts.may(two, 500);
    assert.ok(!starts.may(three, 999));
    assert.ok(starts.may(three, 1_000));
    starts.ended(one);
    assert.ok(!starts.may(one, 1_001));
  });
});
