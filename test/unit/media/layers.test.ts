import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LayerWishes } from '../../../common/media/pipes/layer-wishes.ts';
import { layersFor } from '../../../common/media/layers.ts';

const source = { resolution: { width: 1280, height: 720 }, framerate: 30, bitrate: 2_000 };
const three = { spatial: 3, temporal: 3 };
const spatial = (width: number, height: number) =>
  layersFor({ resolution: { width, height } }, source, three).spatialLayer;

describe('layers for what a subscriber asks', () => {
  it('are the highest when nothing is asked', () => {
    assert.deepEqual(layersFor(undefined, source, three), { spatialLayer: 2, temporalLayer: 2 });
  });

  it('are the lowest that are large enough', () => {
    assert.deepEqual([spatial(160, 90), spatial(320, 180), spatial(340, 190)], [0, 0, 0]);
    assert.deepEqual([spatial(480, 270), spatial(640, 360)], [1, 1]);
    assert.deepEqual([spatial(1280, 720), spatial(1920, 1080)], [2, 2]);
  });

  it('look at both sides of a picture', () => {
    assert.equal(spatial(320, 360), 1);
  });

  it('take a usual camera for granted when the publisher did not say', () => {
    const wanted = { resolution: { width: 320, height: 180 } };
    assert.equal(layersFor(wanted, undefined, three).spatialLayer, 0);
  });

  it('halve the frame rate with each temporal layer', () => {
    const temporal = (framerate: number) => layersFor({ framerate }, source, three).temporalLayer;
    assert.deepEqual([5, 7.5, 12, 15, 24, 30, 60].map(temporal), [0, 0, 1, 1, 2, 2, 2]);
  });

  it('stay below a bitrate, given as a number or as a part of the source', () => {
    const limited = (bitrate: number | string) => layersFor({ bitrate }, source, three).spatialLayer;
    assert.deepEqual([2_000, 1_000, 500, 200, 10].map(limited), [2, 1, 1, 0, 0]);
    assert.deepEqual(['x1.0', 'x0.5', 'x0.1', 'nonsense'].map(limited), [2, 1, 0, 2]);
  });

  it('always exist', () => {
    const counts = fc.record({
      spatial: fc.integer({ min: 1, max: 4 }),
      temporal: fc.integer({ min: 1, max: 3 }),
    });
    const size = fc.record({ width: fc.nat(8_000), height: fc.nat(8_000) });
    const parameters = fc.record(
      {
        resolution: size,
        framerate: fc.double({ noNaN: true }),
        bitrate: fc.oneof(fc.string(), fc.double()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(parameters, parameters, counts, (wanted, from, layers) => {
        const { spatialLayer, temporalLayer } = layersFor(wanted, from, layers);
        assert.ok(spatialLayer >= 0 && spatialLayer < layers.spatial);
        assert.ok(temporalLayer >= 0 && temporalLayer < layers.temporal);
      }),
    );
  });
});

describe('wishes for layers', () => {
  it('tell the highest, and only when it changes', () => {
    const told: number[] = [];
    const wishes = new LayerWishes();
    wishes.onChange(({ max }) => told.push(max));
    wishes.set('a', -1);
    wishes.set('a', 1);
    wishes.set('b', 0);
    wishes.set('b', 2);
    wishes.delete('b');
    wishes.delete('nobody');
    wishes.delete('a');
    assert.deepEqual(told, [1, 2, 1, -1]);
    assert.equal(wishes.max, -1);
  });

  it('tell whether anybody has a thin line, as long as one has', () => {
    const told: boolean[] = [];
    const wishes = new LayerWishes();
    wishes.set('a', 1);
    wishes.onChange(({ low }) => told.push(low));
    wishes.set('b', 1, true);
    wishes.set('c', 1, true);
    wishes.set('b', 1);
    assert.equal(wishes.low, true);
    wishes.delete('c');
    wishes.set('a', 0);
    assert.deepEqual(told, [true, false]);
    assert.deepEqual([wishes.max, wishes.low], [1, false]);
  });
});
