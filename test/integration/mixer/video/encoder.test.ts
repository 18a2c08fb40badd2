import { strict as assert } from 'node:assert';
import type { MixCodec } from '../../../../mixer-agent/mix/media.ts';
import { closeLines, Line, noisyPicture } from './line.ts';
import { assertColour, whole } from './picture-facts.ts';
import { closeTiles, Tile } from './tile.ts';

const size = { width: 320, height: 180 };
const codecs: MixCodec[] = ['vp8', 'h264'];

/** Types of the NAL units of an Annex B access unit. */
function unitTypes(data: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at + 3 < data.length; at += 1)
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) types.push(data[at + 3]! & 31);
  return types;
}

/** Whether a frame says of itself that it is a key frame. */
const isKey = (codec: MixCodec, data: Uint8Array): boolean =>
  codec === 'vp8' ? (data[0]! & 1) === 0 : unitTypes(data).includes(5);

describe('encoder', () => {
  afterEach(async () => {
    await closeLines();
    await closeTiles();
  });

  for (const codec of codecs) {
    it(`gives each ${codec} frame before the next picture comes, the first as key frame`, async () => {
      const line = new Line({ codec });
      for (let nth = 0; nth < 10; nth += 1) {
        const { data, key, captureMs } = await line.pass(noisyPicture(size, nth));
        assert.equal(key, nth === 0);
        assert.equal(isKey(codec, data), nth === 0);
        assert.ok(captureMs <= performance.now());
      }
      assert.deepEqual(
        line.frames.map(({ tick }) => tick),
        line.taken,
      );
      assert.equal(line.line.restarts, 0);
    });

    it(`gives a ${codec} key frame for just the picture for which it is asked`, async () => {
      const line = new Line({ codec });
      const asked = [4, 5, 9];
      for (let nth = 0; nth < 12; nth += 1) {
        const { data } = await line.pass(noisyPicture(size, nth), asked.includes(nth));
        assert.equal(isKey(codec, data), nth === 0 || asked.includes(nth), `picture ${nth}`);
      }
    });

    it(`keeps the colours in ${codec} and scales to the size of the output`, async () => {
      const line = new Line({ codec, size: { width: 160, height: 90 } });
      const tile = new Tile({ size: { width: 160, height: 90 } });
      const orange: [number, number, number] = [126, 78, 178];
      for (let nth = 0; nth < 3; nth += 1) {
        const frame = await line.pass(noisyPicture(size, nth, orange));
        const shown = await tile.show(frame);
        assertColour(shown, whole(shown), { r: 222, g: 121, b: 40 });
        if (codec === 'vp8' && nth === 0)
          assert.deepEqual([frame.data[6], frame.data[8]], [160, 90], 'the size that the frame says');
      }
    });

    it(`meets its bitrate in ${codec}`, async () => {
      const line = new Line({ codec, bitrate: 600 });
      const pictures = Array.from({ length: 10 }, (_, nth) => noisyPicture(size, nth));
      for (let nth = 0; nth < 25; nth += 1) await line.pass(pictures[nth % 10]!);
      const from = performance.now();
      for (let nth = 25; nth < 150; nth += 1) await line.pass(pictures[nth % 10]!);
      // It counts in the time of the clock when that is longer than five seconds of pictures.
      const seconds = Math.max(125 / 25, (performance.now() - from) / 1000);
      const bits = line.frames.slice(25).reduce((sum, { data }) => sum + 8 * data.length, 0);
      const kbps = bits / seconds / 1000;
      assert.ok(kbps > 600 * 0.7 && kbps < 600 * 1.3, `${kbps} kbit/s`);
    });
  }

  it('puts SPS and PPS of the constrained baseline before each IDR frame', async () => {
    const line = new Line({ codec: 'h264' });
    for (let nth = 0; nth < 4; nth += 1) await line.pass(noisyPicture(size, nth), nth === 2);
    for (const nth of [0, 2]) {
      const { data } = line.frames[nth]!;
      const types = unitTypes(data).filter((type) => type !== 6);
      assert.deepEqual(types, [7, 8, 5]);
      const sps = data.findIndex((byte, at) => byte === 0x67 && data[at - 1] === 1);
      assert.equal(data[sps + 1], 66, 'baseline');
      assert.equal(data[sps + 2]! & 0x40, 0x40, 'constrained');
    }
  });
});
