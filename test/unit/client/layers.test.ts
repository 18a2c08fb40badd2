import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chooseLayers } from '../../../client/sdk/layers.ts';
import type { Tile } from '../../../client/sdk/layers.ts';

const track = {
  layers: { spatial: 3, temporal: 3, type: 'simulcast' },
  parameters: { resolution: { width: 1280, height: 720 } },
} as const;
const tile = (width: number, height: number, more: Partial<Tile> = {}): Tile => ({
  width,
  height,
  visible: true,
  cover: false,
  ...more,
});

describe('layers for the tiles in which a video is shown', () => {
  it('are the smallest that fill the tile', () => {
    assert.deepEqual(chooseLayers(track, [tile(320, 180)]), { paused: false, layers: { spatial: 0 } });
    assert.deepEqual(chooseLayers(track, [tile(640, 360)]), { paused: false, layers: { spatial: 1 } });
    assert.deepEqual(chooseLayers(track, [tile(1920, 1080)]), { paused: false, layers: { spatial: 2 } });
  });

  it('may be stretched a little', () => {
    assert.deepEqual(chooseLayers(track, [tile(370, 208)]), { paused: false, layers: { spatial: 0 } });
  });

  it('follow the side that is filled when the picture is cut', () => {
    assert.equal(chooseLayers(track, [tile(300, 700)]).layers?.spatial, 0);
    assert.equal(chooseLayers(track, [tile(300, 700, { cover: true })]).layers?.spatial, 2);
  });

  it('fit the largest of several tiles', () => {
    assert.equal(chooseLayers(track, [tile(160, 90), tile(1280, 720)]).layers?.spatial, 2);
  });

  it('are none when nobody can see a tile', () => {
    assert.deepEqual(chooseLayers(track, []), { paused: true });
    assert.deepEqual(chooseLayers(track, [tile(640, 360, { visible: false })]), { paused: true });
    assert.deepEqual(chooseLayers(track, [tile(0, 0)]), { paused: true });
  });

  it('are not chosen where there is but one', () => {
    assert.deepEqual(chooseLayers({}, [tile(100, 100)]), { paused: false });
  });

  it('never shrink when a tile grows', () => {
    const size = fc.integer({ min: 1, max: 4000 });
    fc.assert(
      fc.property(size, size, fc.nat(500), fc.boolean(), (width, height, more, cover) => {
        const before = chooseLayers(track, [tile(width, height, { cover })]).layers?.spatial ?? -1;
        const after =
          chooseLayers(track, [tile(width + more, height + more, { cover })]).layers?.spatial ?? -1;
        assert.ok(before >= 0 && before <= after && after < 3);
      }),
    );
  });
});
