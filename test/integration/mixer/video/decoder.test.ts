import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { VideoCodec } from '../../../../mixer-agent/mix/media.ts';
import { clipOf } from './clip.ts';
import { assertColour, whole } from './picture-facts.ts';
import { closeTiles, Tile } from './tile.ts';

const orange = { r: 220, g: 120, b: 40 };
const background = { r: 20, g: 40, b: 160 };
const colour = (size: string) => `color=c=0xDC7828:s=${size}:r=25`;
/** Pictures of Chromium's L3T3_KEY encoder, 320x180, 640x360 and 1280x720: a white bar moves over the colour. */
const svc = z
  .array(z.array(z.base64().transform((text) => Buffer.from(text, 'base64'))))
  .parse(JSON.parse(readFileSync(new URL('vp9-svc.json', import.meta.url), 'utf8')));

const codecs: VideoCodec[] = ['vp8', 'vp9', 'h264', 'av1'];

describe('decoder of a tile', () => {
  afterEach(closeTiles);

  for (const codec of codecs) {
    it(`gives each ${codec} picture before the next one comes, with its colour and capture time`, async () => {
      const clip = await clipOf({ codec, source: colour('320x180') });
      const tile = new Tile();
      for (const encoded of clip)
        assertColour(await tile.show(encoded), { ...whole(tile.pictures[0]!) }, orange);
      assert.deepEqual(
        tile.times,
        clip.map(({ captureMs }) => captureMs),
      );
      assert.ok(
        tile.pictures.every(
          ({ width, height, data }) => width === 160 && height === 90 && data.length === 21_600,
        ),
      );
      assert.equal(tile.decoder.restarts, 0);
    });
  }

  for (const layers of [3, 2, 1]) {
    it(`decodes VP9 with ${layers} of 3 spatial layers`, async () => {
      const tile = new Tile({ size: { width: 640, height: 360 } });
      for (const [nth, picture] of svc.entries()) {
        const data = Buffer.concat(picture.slice(0, layers));
        await tile.show({ codec: 'vp9', data, key: nth === 0, captureMs: nth + 1 });
      }
      assert.equal(tile.pictures.length, svc.length);
      assert.equal(tile.keyFrameRequests, 0);
      const last = tile.pictures.at(-1)!;
      assertColour(last, { left: 320, top: 0, width: 320, height: 360 }, orange);
      // Two of three layers have the size of the tile; one has to be enlarged, which makes the edges of the bar soft.
      const soft = last.data.subarray(640 * 90, 640 * 91).filter((luma) => luma > 150 && luma < 225);
      assert.equal(soft.length > 0, layers === 1);
    });
  }

  const letterboxes = [
    { source: '320x240', picture: { left: 20, top: 0, width: 120, height: 90 } },
    { source: '180x320', picture: { left: 54, top: 0, width: 50, height: 90 } },
    { source: '640x120', picture: { left: 0, top: 30, width: 160, height: 30 } },
    { source: '177x145', picture: { left: 24, top: 0, width: 110, height: 90 } },
  ];
  for (const { source, picture } of letterboxes) {
    it(`fits ${source} between bars in the background colour`, async () => {
      const [first] = await clipOf({ codec: 'vp8', source: colour(source), frames: 1 });
      const shown = await new Tile().show(first!);
      const { left, top, width, height } = picture;
      assertColour(shown, { left: left + 2, top, width: width - 4, height }, orange);
      const right = left + width;
      const bars =
        left > 0
          ? [
              { left: 0, top: 0, width: left, height: 90 },
              { left: right, top: 0, width: 160 - right, height: 90 },
            ]
          : [
              { left: 0, top: 0, width: 160, height: top },
              { left: 0, top: top + height, width: 160, height: 90 - top - height },
            ];
      for (const bar of bars) assertColour(shown, bar, background, 3);
    });
  }

  it('cuts off what does not fit when it crops', async () => {
    const bands = 'drawbox=c=red:h=28:t=fill,drawbox=c=red:y=212:h=28:t=fill';
    const [first] = await clipOf({ codec: 'vp8', source: `${colour('320x240')},${bands}`, frames: 1 });
    const shown = await new Tile({ fit: 'crop' }).show(first!);
    assertColour(shown, { left: 0, top: 0, width: 160, height: 2 }, orange);
    assertColour(shown, { left: 0, top: 88, width: 160, height: 2 }, orange);
  });

  it('shows BT.709 colours as they were meant', async () => {
    const tags = ['-x264-params', 'colorprim=bt709:transfer=bt709:colormatrix=bt709'];
    const source = `${colour('320x180')},format=gbrp,scale=out_color_matrix=bt709,format=yuv420p`;
    const [first] = await clipOf({ codec: 'h264', source, frames: 1, extra: tags });
    assertColour(await new Tile().show(first!), { left: 0, top: 0, width: 160, height: 90 }, orange, 6);
  });

  it('goes on with the same process when the source changes its size', async () => {
    const tile = new Tile();
    const large = await clipOf({ codec: 'vp8', source: colour('640x360'), frames: 3 });
    const small = await clipOf({ codec: 'vp8', source: colour('240x180'), frames: 3 });
    for (const encoded of large) await tile.show(encoded);
    const pids = tile.decoder.pids;
    for (const encoded of small) await tile.show({ ...encoded, captureMs: encoded.captureMs + 500 });
    assert.deepEqual(tile.decoder.pids, pids);
    const last = tile.pictures.at(-1)!;
    assertColour(last, { left: 22, top: 0, width: 116, height: 90 }, orange);
    assertColour(last, { left: 0, top: 0, width: 20, height: 90 }, background, 3);
  });

  it('follows a change of codec', async () => {
    const tile = new Tile();
    for (const encoded of await clipOf({ codec: 'vp8', source: colour('320x180'), frames: 3 }))
      await tile.show(encoded);
    const [first] = await clipOf({ codec: 'h264', source: 'color=c=green:s=320x180', frames: 1 });
    // Changes that come soon after a start wait a little; a key frame is asked for until the decoder is there.
    const timer = setInterval(() => {
      if (tile.pictures.length === 3) tile.decoder.decode({ ...first!, captureMs: 5_000 });
    }, 50);
    await tile.show({ ...first!, captureMs: 5_000 }).finally(() => {
      clearInterval(timer);
    });
    assertColour(tile.pictures.at(-1)!, { left: 0, top: 0, width: 160, height: 90 }, { r: 0, g: 128, b: 0 });
    assert.equal(tile.decoder.restarts, 0);
  });
});
