import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultBitrate, leastBitrate } from '../../../../common/media/video-bitrate.ts';

const of = (width: number, height: number, framerate = 30, codec: 'vp8' | 'h264' = 'h264') =>
  defaultBitrate({ resolution: { width, height }, framerate, codec, motionFactor: 1 });

describe('the default bitrate of a view', () => {
  it('is that of OWT at its points, and linear between them', () => {
    assert.equal(of(320, 240), 400);
    assert.equal(of(640, 480), 800);
    assert.equal(of(1280, 720), 2_000);
    assert.equal(of(1920, 1080), 4_000);
    assert.equal(of(3840, 2160), 16_000);
    assert.equal(of(160, 120), 100);
    assert.equal(of(640, 480, 15), 533);
    assert.equal(of(1280, 960, 15), 1_400);
  });

  it('follows the codec and how much moves', () => {
    assert.equal(of(640, 480, 30, 'vp8'), 960);
    const view = { resolution: { width: 640, height: 480 }, framerate: 24, codec: 'vp8' as const };
    assert.equal(defaultBitrate({ ...view, motionFactor: 0.8 }), 666);
  });

  it('never falls when there is more to encode, and is always one that an encoder takes', () => {
    const side = fc.integer({ min: 16, max: 8_000 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(6, 12, 24, 60), (width, height, framerate) => {
        const bitrate = of(width, height, framerate);
        assert.ok(Number.isInteger(bitrate) && bitrate >= leastBitrate && bitrate <= 16_000);
        assert.ok(of(width + 16, height, framerate) >= bitrate);
      }),
    );
    const still = { resolution: { width: 640, height: 480 }, framerate: 24, codec: 'vp8' as const };
    assert.equal(defaultBitrate({ ...still, motionFactor: 0 }), leastBitrate);
  });
});
