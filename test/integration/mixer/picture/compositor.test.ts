import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { Colour, Picture, Rectangle } from '../../../../mixer-agent/mix/media.ts';
import { colours, toYuv } from '../../../../mixer-agent/mix/picture/colour.ts';
import { Compositor, type TileSpec } from '../../../../mixer-agent/mix/picture/compositor.ts';
import { plain } from '../../../../mixer-agent/mix/picture/i420.ts';
import { canvasOf, differingOutside, pixelOf, quiet, speechless, tileOf } from '../../../support/pictures.ts';
import { until } from '../../../support/until.ts';

const size = { width: 640, height: 360 };
const canvas = canvasOf(size);
const tint = { y: 120, u: 100, v: 150 };
const place: Rectangle = { left: 100, top: 60, width: 400, height: 240 };

/** Number of pixels of a part that are as bright as letters. */
function bright(picture: Picture, { left, top, width, height }: Rectangle): number {
  let count = 0;
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1)
      if (pixelOf(picture, x, y).y > colours.text.y - 20) count += 1;
  }
  return count;
}

describe('names in a composed picture', () => {
  let mix: Compositor;
  let now = 0;

  const compose = (): Picture => mix.compose((now += 1));
  function show(tile: TileSpec, labels: boolean, withPicture: boolean): void {
    mix.set({ canvas: { ...canvas, labels }, tiles: [tile] });
    if (withPicture) mix.picture(tile.stream, plain(tile.rectangle, tint));
  }

  beforeEach(() => {
    mix = new Compositor({ holdMs: 2_000, log: quiet });
    now = 0;
  });

  afterEach(() => {
    mix.close();
  });

  const corner = { left: place.left, top: place.top + 200, width: 200, height: 40 };
  const middle = { left: place.left + 100, top: place.top + 40, width: 200, height: 110 };
  const below = { left: place.left + 50, top: place.top + 160, width: 300, height: 60 };

  it('appear in the lower left corner as soon as they are drawn, over pictures and avatars', async () => {
    const tile = tileOf('a', place, { name: 'Ada Lovelace' });
    show(tile, true, true);
    assert.equal(bright(compose(), place), 0);
    await until(() => bright(compose(), corner) > 100);
    assert.equal(bright(compose(), middle), 0);
    show({ ...tile, muted: true }, true, false);
    await until(() => bright(compose(), middle) > 300 && bright(compose(), corner) > 100);
    assert.equal(bright(compose(), { ...below, left: place.left + 200, width: 150 }), 0);
    assert.equal(differingOutside(compose(), [place], toYuv(canvas.background)), 0);
  });

  it('are below the avatar where there are no labels, and never on the picture', async () => {
    const tile = tileOf('a', place, { name: 'Ada Lovelace', muted: true });
    show(tile, false, false);
    await until(() => bright(compose(), below) > 50 && bright(compose(), middle) > 300);
    show({ ...tile, muted: false }, false, true);
    assert.equal(bright(compose(), place), 0);
  });

  it('change when somebody is called otherwise', async () => {
    const tile = tileOf('a', place, { name: 'HM' });
    show(tile, true, true);
    const narrow = await until(() => bright(compose(), corner));
    show({ ...tile, name: 'HM HM HM HM HM' }, true, true);
    await until(() => bright(compose(), corner) > 3 * narrow);
    show({ ...tile, name: '' }, true, true);
    assert.equal(bright(compose(), place), 0);
  });

  it('are missing where they cannot be drawn, and nothing else is', () => {
    mix.close();
    mix = speechless();
    show(tileOf('a', place), true, true);
    assert.deepEqual(pixelOf(compose(), 300, 150), tint);
  });
});

describe('the background of a composed picture', () => {
  it('has the very colour that FFmpeg pads pictures with', () => {
    const tints: Colour[] = Array.from({ length: 24 }, (_, index) => ({
      r: (index * 53) % 256,
      g: (index * 97 + 30) % 256,
      b: (index * 151 + 60) % 256,
    }));
    const hex = ({ r, g, b }: Colour) =>
      [r, g, b].map((value) => value.toString(16).padStart(2, '0')).join('');
    const pads = tints.map((colour) => `pad=iw+16:16:0:0:color=0x${hex(colour)}`);
    const width = 16 * (tints.length + 1);
    const data = execFileSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'color=c=black:s=16x16,format=yuv420p'],
      ...['-vf', pads.join(','), '-frames:v', '1', '-f', 'rawvideo', 'pipe:1'],
    ]);
    for (const [index, colour] of tints.entries()) {
      assert.deepEqual(pixelOf({ width, height: 16, data }, 16 * index + 20, 8), toYuv(colour));
    }
  });
});
