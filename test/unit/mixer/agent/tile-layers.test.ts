import assert from 'node:assert/strict';
import fc from 'fast-check';
import { layersForTile, type Tile } from '../../../../mixer-agent/inputs/tile-layers.ts';

const counts = { spatial: 3, temporal: 3 };
const hd = { resolution: { width: 1280, height: 720 }, framerate: 30 };
const tile = (width: number, height: number, more: Partial<Tile> = {}): Tile => ({
  size: { width, height },
  fit: 'letterbox',
  framerate: 30,
  ...more,
});
const spatial = (where: Tile, source = hd) => layersForTile(where, source, counts).spatialLayer;

describe('layers of a picture for its tile', () => {
  it('are the smallest that fill it', () => {
    assert.equal(spatial(tile(1280, 720)), 2);
    assert.equal(spatial(tile(640, 360)), 1);
    assert.equal(spatial(tile(320, 180)), 0);
    assert.equal(spatial(tile(426, 240)), 1);
    assert.equal(spatial(tile(160, 90)), 0);
  });

  it('do not count what is bars in the end', () => {
    assert.equal(spatial(tile(320, 720)), 0);
    assert.equal(spatial(tile(1280, 180)), 0);
  });

  it('count what is cut off', () => {
    assert.equal(spatial(tile(320, 720, { fit: 'crop' })), 2);
  });

  it('have no more pictures than the mix', () => {
    const temporal = (framerate: number) =>
      layersForTile(tile(640, 360, { framerate }), hd, counts).temporalLayer;
    assert.deepEqual([30, 24, 15, 6].map(temporal), [2, 2, 1, 0]);
  });

  it('follow the shape of a picture that stands upright', () => {
    const upright = { resolution: { width: 720, height: 1280 }, framerate: 30 };
    assert.equal(spatial(tile(640, 360), upright), 1);
    assert.equal(spatial(tile(360, 640), upright), 1);
  });

  it('exist for every tile, and grow with it', () => {
    const side = fc.integer({ min: 2, max: 4_000 });
    const fit = fc.constantFrom('letterbox' as const, 'crop' as const);
    fc.assert(
      fc.property(side, side, fit, (width, height, how) => {
        const small = layersForTile(tile(width, height, { fit: how }), undefined, counts);
        const large = layersForTile(tile(2 * width, 2 * height, { fit: how }), undefined, counts);
        assert.ok(small.spatialLayer >= 0 && large.spatialLayer <= 2);
        assert.ok(large.spatialLayer >= small.spatialLayer);
      }),
    );
  });
});
