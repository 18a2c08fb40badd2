import assert from 'node:assert/strict';
import { Gop } from '../../../../mixer-agent/ingress/gop.ts';
import { KeyFrames } from '../../../../mixer-agent/ingress/key-frames.ts';

describe('key frames of a source', () => {
  const every = (ms: number): KeyFrames => {
    const keys = new KeyFrames();
    for (let at = 0; at <= 3 * ms; at += ms) keys.came(at);
    return keys;
  };

  it('are missed by nobody who has not asked', () => {
    assert.equal(every(10_000).missed(35_000), false);
  });

  it('are waited for when they come often, and missed when they stay away', () => {
    const keys = every(2_000);
    keys.asked(6_100);
    assert.equal(keys.missed(8_200), false);
    assert.equal(keys.missed(8_400), true);
  });

  it('are missed at once when the next one is far, and waited for when it is near', () => {
    const keys = every(10_000);
    keys.asked(31_000);
    assert.equal(keys.missed(31_001), true);
    keys.came(40_000);
    assert.equal(keys.missed(40_001), false);
    keys.asked(49_500);
    assert.equal(keys.missed(49_600), false);
  });

  it('are waited for a moment while nobody knows how often they come', () => {
    const keys = new KeyFrames();
    keys.asked(0);
    assert.equal(keys.missed(100_000), false, 'the first one is still to come');
    keys.came(100_000);
    keys.asked(100_100);
    assert.equal(keys.missed(100_500), false);
    assert.equal(keys.missed(100_700), true);
  });
});

describe('a group of pictures', () => {
  const unit = (time: number, key = false, bytes = 10) => ({ data: new Uint8Array(bytes), time, key });

  it('begins with its key frame, and anew with each', () => {
    const gop = new Gop();
    gop.add(unit(0));
    assert.equal(gop.units.length, 0);
    for (const one of [unit(40, true), unit(80), unit(120, true), unit(160)]) gop.add(one);
    assert.deepEqual(
      gop.units.map(({ time }) => time),
      [120, 160],
    );
  });

  it('says when it becomes too long, in time or in bytes', () => {
    const gop = new Gop();
    gop.add(unit(0, true));
    gop.add(unit(9_000));
    assert.equal(gop.tooLong, false);
    gop.add(unit(10_001));
    assert.equal(gop.tooLong, true);
    gop.add(unit(10_040, true));
    assert.equal(gop.tooLong, false);
    gop.add(unit(10_080, false, 25 * 1024 * 1024));
    assert.equal(gop.tooLong, true);
  });
});
