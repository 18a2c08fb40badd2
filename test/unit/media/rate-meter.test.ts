import assert from 'node:assert/strict';
import { RateMeter } from '../../../access-agent/rate-meter.ts';

const counters = (bytes: number, packets: number, lost: number) => {
  return { bytes, packets, lost, bitrate: 7, fractionLost: 0.5 };
};

describe('rates of a track', () => {
  it('are at first what the engine says', () => {
    assert.deepEqual(new RateMeter().look(counters(1_000, 10, 0), 0), { bitrate: 7, loss: 0.5 });
  });

  it('are the difference of two looks', () => {
    const meter = new RateMeter();
    meter.look(counters(1_000, 10, 0), 0);
    assert.deepEqual(meter.look(counters(126_000, 100, 10), 1_000), { bitrate: 1_000_000, loss: 0.1 });
    assert.deepEqual(meter.look(counters(126_000, 100, 10), 2_000), { bitrate: 0, loss: 0 });
  });

  it('do not become noise when two look at the same time', () => {
    const meter = new RateMeter();
    meter.look(counters(0, 0, 0), 0);
    meter.look(counters(125_000, 100, 0), 1_000);
    assert.deepEqual(meter.look(counters(137_500, 110, 0), 1_100), { bitrate: 1_000_000, loss: 0 });
  });

  it('begin anew after a long time, and with another stream', () => {
    const meter = new RateMeter();
    meter.look(counters(1_000, 10, 0), 0);
    assert.equal(meter.look(counters(2_000, 20, 0), 60_000).bitrate, 7);
    assert.equal(meter.look(counters(10, 1, 0), 61_000).bitrate, 7);
  });

  it('know no negative losses: what was thought lost may arrive late', () => {
    const meter = new RateMeter();
    meter.look(counters(0, 0, 10), 0);
    assert.equal(meter.look(counters(100, 10, 5), 1_000).loss, 0);
  });
});
