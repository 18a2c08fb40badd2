import assert from 'node:assert/strict';
import { FramerateMeter } from '../../../../mixer-agent/ingress/framerate.ts';

const rateOf = (times: readonly number[]): number | undefined => {
  const meter = new FramerateMeter();
  for (const time of times) meter.add(time);
  return meter.rate;
};
const steady = (rate: number) => Array.from({ length: 30 }, (_none, index) => (index * 1_000) / rate);

describe('the frame rate of a fetched stream', () => {
  it('is found from timestamps', () => {
    for (const rate of [5, 12.5, 20, 24, 25, 30, 50, 60]) assert.equal(rateOf(steady(rate)), rate);
    assert.equal(rateOf(steady(30_000 / 1_001)), 30);
  });

  it('is found although containers round to whole ms', () => {
    assert.equal(rateOf(steady(30).map((time) => Math.round(time))), 30);
    assert.equal(rateOf(steady(24).map((time) => Math.round(time))), 24);
  });

  it('is found although pictures do not come in the order of their times', () => {
    const times = steady(25);
    for (let index = 1; index + 1 < times.length; index += 3) {
      [times[index], times[index + 1]] = [times[index + 1]!, times[index]!];
    }
    assert.equal(rateOf(times), 25);
  });

  it('is unknown while few pictures have come', () => {
    assert.equal(rateOf([0, 40]), undefined);
  });
});
