import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Picture, Size } from '../../../../mixer-agent/mix/media.ts';
import { copyTo, frame, plain } from '../../../../mixer-agent/mix/picture/i420.ts';
import { drawLabel } from '../../../../mixer-agent/mix/picture/label.ts';
import { disc, paint, person, roundedBar, type Mask } from '../../../../mixer-agent/mix/picture/mask.ts';
import { labelMeasures } from '../../../../mixer-agent/mix/picture/measures.ts';
import { Sticker } from '../../../../mixer-agent/mix/picture/sticker.ts';
import { centreOf, differingOutside, grey, pixelOf } from '../../../support/pictures.ts';

const background = { y: 60, u: 140, v: 110 };
const colour = { y: 200, u: 90, v: 180 };
const full = (width: number, height: number): Mask => ({
  width,
  height,
  data: new Uint8Array(width * height).fill(255),
});
const copyOf = ({ width, height, data }: Picture): Picture => ({
  width,
  height,
  data: Uint8Array.from(data),
});

describe('painting', () => {
  it('copies a picture to its place and nowhere else', () => {
    const canvas = plain({ width: 64, height: 48 }, background);
    const place = { left: 10, top: 6, width: 20, height: 30 };
    copyTo(canvas, plain(place, colour), place);
    assert.equal(differingOutside(canvas, [place], background), 0);
    for (const [x, y] of [
      [10, 6],
      [29, 35],
      [20, 20],
    ] as const)
      assert.deepEqual(pixelOf(canvas, x, y), colour);
  });

  it('draws a frame inside the edge of an area', () => {
    const canvas = plain({ width: 64, height: 48 }, background);
    const place = { left: 4, top: 4, width: 40, height: 40 };
    frame(canvas, place, { width: 4, colour });
    assert.equal(differingOutside(canvas, [place], background), 0);
    assert.deepEqual(centreOf(canvas, place), background);
    for (const [x, y] of [
      [4, 4],
      [43, 43],
      [7, 20],
      [20, 40],
    ] as const)
      assert.deepEqual(pixelOf(canvas, x, y), colour);
    assert.deepEqual(pixelOf(canvas, 8, 8), background);
  });

  it('paints through a mask at odd places, and cuts off what is outside', () => {
    const place = fc.integer({ min: -30, max: 60 });
    fc.assert(
      fc.property(
        place,
        place,
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 25 }),
        (left, top, width, height) => {
          const canvas = plain({ width: 40, height: 30 }, background);
          paint(canvas, full(width, height), { colour, left, top });
          for (let y = 0; y < 30; y += 1) {
            for (let x = 0; x < 40; x += 1) {
              const inside = x >= left && x < left + width && y >= top && y < top + height;
              assert.equal(pixelOf(canvas, x, y).y, inside ? colour.y : background.y);
            }
          }
          // A chroma sample belongs to four pixels.
          const wide = { left: left - 1, top: top - 1, width: width + 2, height: height + 2 };
          assert.equal(differingOutside(canvas, [wide], background), 0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('makes shapes that are full in the middle, empty in the corners and smooth between', () => {
    for (const mask of [disc(40), roundedBar(60, 20, 8)]) {
      const { width, height, data } = mask;
      assert.equal(data[(height >> 1) * width + (width >> 1)], 255);
      assert.equal(data[0], 0);
      assert.ok(data.some((value) => value > 40 && value < 215));
    }
    assert.equal(person(40).data[39], 0);
    assert.equal(disc(40), disc(40));
  });

  it('does with a sticker what painting does, on whatever is there', () => {
    const size: Size = { width: 32, height: 24 };
    const draw = (picture: Picture) => {
      paint(picture, roundedBar(30, 20, 6), { colour, opacity: 0.66, left: 1, top: 1 });
      paint(picture, disc(10), { colour: background, left: 7, top: 5 });
    };
    const sticker = new Sticker(size, draw);
    const canvas = grey(size, 0);
    canvas.data.forEach((_, index) => (canvas.data[index] = (index * 37) % 256));
    const painted = copyOf(canvas);
    draw(painted);
    sticker.apply(canvas, 0, 0);
    for (const [index, value] of canvas.data.entries()) {
      assert.ok(Math.abs(value - (painted.data[index] ?? 0)) <= 2);
    }
  });

  it('leaves what a sticker does not cover exactly as it is', () => {
    const canvas = grey({ width: 16, height: 16 }, 0);
    canvas.data.forEach((_, index) => (canvas.data[index] = index % 256));
    const before = copyOf(canvas);
    new Sticker({ width: 8, height: 8 }, () => undefined).apply(canvas, 4, 4);
    assert.deepEqual(canvas, before);
  });

  it('keeps a label inside its tile, however wide the name and small the tile', () => {
    const side = fc.integer({ min: 1, max: 600 }).map((half) => 2 * half);
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 2000 }), (width, height, text) => {
        const mask = { ...full(text, 20), baseline: 16 };
        const label = drawLabel(mask, { width, height });
        assert.equal(label === undefined, labelMeasures({ width, height }) === undefined);
        if (label === undefined) return;
        const { left, top, sticker } = label;
        for (const value of [left, top, sticker.width, sticker.height]) assert.equal(value % 2, 0);
        assert.ok(left >= 0 && top >= 0 && left + sticker.width <= width && top + sticker.height <= height);
      }),
      { numRuns: 40 },
    );
  });
});
