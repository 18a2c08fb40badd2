import assert from 'node:assert/strict';
import type { EncodedPicture } from '../../../../mixer-agent/mix/media.ts';
import { Starts } from '../../../../mixer-agent/mix/video/starts.ts';
import { clipOf } from './clip.ts';
import { closeTiles, Tile } from './tile.ts';

const [small, large] = [
  { width: 160, height: 90 },
  { width: 320, height: 180 },
];
const regions = 5;
/** More than any machine needs. */
const mostPictures = 2_000;

describe('decoders of a layout that changes', () => {
  afterEach(closeTiles);

  it('are replaced two at a time, and each region gets every picture meanwhile', async () => {
    const clip = await clipOf({
      codec: 'vp8',
      source: 'testsrc2=s=320x180:r=25',
      frames: 25,
      keyInterval: 5,
    });
    const starts = new Starts();
    const tiles = Array.from({ length: regions }, () => new Tile({ size: small, starts }));
    let shown = 0;
    const next = async () => {
      const encoded: EncodedPicture = { ...clip[shown % clip.length]!, captureMs: shown };
      shown += 1;
      await Promise.all(tiles.map((tile) => tile.show(encoded)));
      return tiles.reduce((sum, { decoder }) => sum + decoder.pids.length, 0);
    };
    await next();
    for (const { decoder } of tiles) decoder.resize(large);
    while (tiles.some(({ pictures }) => pictures.at(-1)?.width !== large.width)) {
      assert.ok((await next()) <= regions + 2);
      assert.ok(shown < mostPictures, 'the decoders are not replaced');
    }
    for (const { times, decoder } of tiles) {
      assert.deepEqual(times, [...Array(shown).keys()]);
      assert.equal(decoder.restarts, 0);
    }
  });
});
