import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { LayerWishes } from '../../../../common/media/pipes/layer-wishes.ts';
import { LowDemand, lowOf } from '../../../../mixer-agent/low-output.ts';

const output = {
  key: 'main',
  resolution: { width: 1280, height: 720 },
  framerate: 24,
  bitrate: 1_600,
  keyFrameInterval: 100,
};

describe('the low encoding of an output of a mix', () => {
  it('has half the width and height and a quarter of the bitrate', () => {
    assert.deepEqual(lowOf(output), {
      resolution: { width: 640, height: 360 },
      framerate: 24,
      bitrate: 400,
    });
  });

  it('is there for the main output alone, and not for what is small already', () => {
    assert.equal(lowOf({ ...output, key: '640x360' }), undefined);
    assert.equal(lowOf({ ...output, resolution: { width: 426, height: 240 } }), undefined);
    assert.equal(lowOf({ ...output, bitrate: 100 }), undefined);
  });

  it('is even, and always clearly cheaper', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 16, max: 4_000 }),
      height: fc.integer({ min: 16, max: 4_000 }),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 20_000 }), (resolution, bitrate) => {
        const low = lowOf({ ...output, resolution, bitrate });
        if (low === undefined) return;
        assert.ok(low.resolution.width % 2 === 0 && low.resolution.height % 2 === 0);
        assert.ok(low.resolution.width < resolution.width);
        assert.ok(low.bitrate <= bitrate * 0.6);
      }),
    );
  });
});

describe('the demand for a low encoding', () => {
  const begin = () => {
    const changes = new EventEmitter<{ change: [] }>();
    const wishes = new LayerWishes();
    const source = Object.assign(new EventEmitter<{ piped: [] }>(), { wishes });
    const demand = new LowDemand(source, () => changes.emit('change'), 20);
    return { changes, wishes, source, demand };
  };

  it('begins with the first wish, and ends some time after the last', async () => {
    const { changes, wishes, demand } = begin();
    wishes.set('a', 1);
    assert.equal(demand.active, false);
    wishes.set('a', 1, true);
    assert.equal(demand.active, true);
    const ended = once(changes, 'change');
    wishes.delete('a');
    assert.equal(demand.active, true);
    await ended;
    assert.equal(demand.active, false);
  });

  it('goes on when somebody wishes again in time', () => {
    const { wishes, demand } = begin();
    wishes.set('a', 1, true);
    wishes.delete('a');
    wishes.set('b', 1, true);
    assert.equal(demand.active, true);
    demand.close();
  });

  it('shows itself to each router that it goes to', () => {
    const { source, demand } = begin();
    source.emit('piped');
    source.emit('piped');
    assert.deepEqual([demand.shows, demand.active], [2, false]);
  });
});
