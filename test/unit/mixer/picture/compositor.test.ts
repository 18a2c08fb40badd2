import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toPixels } from '../../../../common/layout/pixels.ts';
import { Templates } from '../../../../common/layout/templates.ts';
import type { Picture, Rectangle } from '../../../../mixer-agent/mix/media.ts';
import { colours, toYuv } from '../../../../mixer-agent/mix/picture/colour.ts';
import type { Compositor, TileSpec } from '../../../../mixer-agent/mix/picture/compositor.ts';
import { decodedSize } from '../../../../mixer-agent/mix/picture/decoded-size.ts';
import { plain } from '../../../../mixer-agent/mix/picture/i420.ts';
import {
  canvasOf,
  centreOf,
  differingOutside,
  pixelOf,
  speechless,
  tileOf,
} from '../../../support/pictures.ts';

const size = { width: 320, height: 180 };
const canvas = canvasOf(size);
const background = toYuv(canvas.background);
const tint = (index: number) => ({
  y: 40 + 11 * (index % 16),
  u: 90 + 4 * (index % 16),
  v: 170 - 5 * (index % 16),
});
const left = { left: 0, top: 0, width: 160, height: 180 };
const right = { left: 160, top: 0, width: 160, height: 180 };

let open: Compositor[] = [];
function compositor(tiles: readonly TileSpec[] = [], settings = canvas): Compositor {
  const made = speechless();
  made.set({ canvas: settings, tiles });
  open.push(made);
  return made;
}
const give = (to: Compositor, { stream, rectangle }: TileSpec, colour = tint(3)): Picture => {
  const picture = plain(rectangle, colour);
  to.picture(stream, picture);
  return picture;
};

describe('a compositor', () => {
  afterEach(() => {
    for (const one of open) one.close();
    open = [];
  });

  it('shows each picture in its region, and the background everywhere else', () => {
    for (const base of ['fluid', 'lecture'] as const) {
      for (const regions of new Templates({ base, custom: [] }, 16).all) {
        const tiles = regions.map(({ id, area }) => tileOf(id, toPixels(area, size))).slice(0, -1);
        const mix = compositor(tiles);
        tiles.forEach((tile, index) => give(mix, tile, tint(index)));
        const picture = mix.compose(0);
        for (const [index, { rectangle }] of tiles.entries()) {
          assert.deepEqual(centreOf(picture, rectangle), tint(index));
        }
        const places = tiles.map(({ rectangle }) => rectangle);
        assert.equal(differingOutside(picture, places, background), 0);
      }
    }
  });

  it('shows an avatar until a picture comes, when it is muted, and when none came for two seconds', () => {
    const tile = tileOf('a', left);
    const mix = compositor([tile]);
    const isPicture = (now: number) => pixelOf(mix.compose(now), 4, 4).y === tint(3).y;
    assert.ok(!isPicture(0));
    assert.notDeepEqual(pixelOf(mix.compose(0), 4, 4), background);
    give(mix, tile);
    assert.ok(isPicture(100) && isPicture(2_100) && !isPicture(2_101));
    give(mix, tile);
    assert.ok(isPicture(3_000));
    mix.set({ canvas, tiles: [{ ...tile, muted: true }] });
    give(mix, tile);
    assert.ok(!isPicture(3_040));
    mix.set({ canvas, tiles: [tile] });
    assert.ok(!isPicture(3_080), 'what was shown before is not shown again');
    mix.set({ canvas, tiles: [{ ...tile, hasVideo: false }] });
    give(mix, tile);
    assert.ok(!isPicture(3_120));
  });

  it('goes on with the last picture, scaled, when a tile gets another size or place', () => {
    const tile = tileOf('a', left);
    const mix = compositor([tile]);
    give(mix, tile);
    mix.compose(0);
    mix.set({
      canvas: { ...canvas, fit: 'crop' },
      tiles: [{ ...tile, rectangle: { left: 100, top: 20, width: 200, height: 60 } }],
    });
    const picture = mix.compose(40);
    assert.deepEqual(centreOf(picture, { left: 100, top: 20, width: 200, height: 60 }), tint(3));
    assert.deepEqual(pixelOf(picture, 50, 100), background);
  });

  it('cuts off what a picture has too much by rounding', () => {
    const tile = tileOf('a', { left: 10, top: 20, width: 86, height: 50 });
    const mix = compositor([tile]);
    const picture = plain(decodedSize(tile.rectangle), tint(3));
    picture.data.fill(tint(5).y, 0, 88);
    mix.picture(tile.stream, picture);
    const shown = mix.compose(0);
    assert.deepEqual([picture.width, picture.height], [88, 52]);
    assert.equal(differingOutside(shown, [tile.rectangle], background), 0);
    assert.deepEqual(
      [10, 95].map((x) => [20, 21, 69].map((y) => pixelOf(shown, x, y).y)),
      [10, 95].map(() => [tint(5).y, tint(3).y, tint(3).y]),
    );
  });

  it('lets tiles of another size take turns when scaling all takes too long', () => {
    const tiles = [0, 1, 2, 3].map((index) =>
      tileOf(`t${String(index)}`, {
        left: 160 * (index % 2),
        top: 90 * (index >> 1),
        width: 160,
        height: 90,
      }),
    );
    const mix = compositor(tiles);
    const small = (index: number) => plain({ width: 80, height: 46 }, tint(index));
    for (const { stream } of tiles) mix.picture(stream, small(0));
    const shown = new Set<number>();
    let most = 0;
    for (let tick = 0; tick < 3; tick += 1) {
      const before = shown.size;
      const picture = mix.compose(40 * tick);
      for (const [index, { rectangle }] of tiles.entries()) {
        if (centreOf(picture, rectangle).y === tint(0).y) shown.add(index);
      }
      most = Math.max(most, shown.size - before);
    }
    assert.deepEqual([shown.size, most], [4, 2]);
  });

  it('never writes to a picture that somebody still reads, and goes on with the last one meanwhile', () => {
    const held = new Set<Picture>();
    const mix = speechless({ isHeld: (picture) => held.has(picture) });
    open.push(mix);
    const tile = tileOf('a', left);
    mix.set({ canvas, tiles: [tile] });
    const copies = new Map<Picture, Uint8Array>();
    for (let tick = 0; tick < 3; tick += 1) {
      give(mix, tile, tint(tick));
      const picture = mix.compose(40 * tick);
      held.add(picture);
      copies.set(picture, picture.data.slice());
    }
    assert.equal(held.size, 3);
    give(mix, tile, tint(4));
    const last = [...held].at(-1);
    assert.equal(mix.compose(120), last);
    for (const [picture, data] of copies) assert.deepEqual(picture.data, data);
    if (last !== undefined) held.delete(last);
    assert.deepEqual(centreOf(mix.compose(160), left), tint(4));
  });

  it('marks who speaks, for a moment longer than it is heard', () => {
    const tile = tileOf('a', left);
    const mix = compositor([tile], { ...canvas, speakingMark: true });
    const isMarked = (now: number) => {
      const pixel = pixelOf(mix.compose(now), 0, 90);
      return pixel.y === colours.speaking.y && pixel.u === colours.speaking.u;
    };
    assert.ok(!isMarked(0));
    mix.speaking([tile.stream, tileOf('gone', right).stream]);
    assert.ok(isMarked(40) && isMarked(600) && !isMarked(700));
    mix.set({ canvas, tiles: [tile] });
    mix.speaking([tile.stream]);
    assert.ok(!isMarked(800));
  });

  it('keeps a picture on a picture on top, with a border', () => {
    const whole = tileOf('a', { left: 0, top: 0, ...size });
    const small = tileOf('b', { left: 200, top: 100, width: 80, height: 60 });
    const mix = compositor([whole, small]);
    give(mix, small, tint(9));
    for (let now = 0; now < 200; now += 40) {
      give(mix, whole, tint(now / 40));
      const picture = mix.compose(now);
      assert.deepEqual(centreOf(picture, small.rectangle), tint(9));
      assert.deepEqual(pixelOf(picture, 200, 120), colours.border);
      assert.deepEqual(pixelOf(picture, 100, 100), tint(now / 40));
    }
  });

  it('gives a picture that stays as it is until two others were composed, and the same one while nothing changes', () => {
    const tile = tileOf('a', left);
    const mix = compositor([tile]);
    give(mix, tile, tint(1));
    const first = mix.compose(0);
    assert.equal(mix.compose(40), first);
    const before = Uint8Array.from(first.data);
    for (const index of [2, 3]) {
      give(mix, tile, tint(index));
      assert.notEqual(mix.compose(80), first);
    }
    assert.deepEqual(first.data, before);
    give(mix, tile, tint(4));
    assert.equal(mix.compose(120), first);
  });

  it('takes the largest even size within an odd resolution, and changes it while it runs', () => {
    const mix = compositor([], { ...canvas, resolution: { width: 321, height: 181 } });
    const { width, height, data } = mix.compose(0);
    assert.deepEqual([width, height, data.length], [320, 180, 320 * 270]);
    mix.set({ canvas: { ...canvas, resolution: { width: 64, height: 64 } }, tiles: [] });
    assert.equal(differingOutside(mix.compose(1), [], background), 0);
    assert.equal(mix.compose(2).width, 64);
  });

  it('ignores pictures of nobody and pictures that are too short', () => {
    const tile = tileOf('a', left);
    const mix = compositor([tile]);
    mix.picture(tile.stream, { width: 160, height: 180, data: new Uint8Array(100) });
    give(mix, tileOf('gone', right));
    assert.equal(differingOutside(mix.compose(0), [left], background), 0);
  });

  it('paints step by step what it would paint at once, and never outside of the tiles', () => {
    const even = (max: number) => fc.integer({ min: 0, max: max / 2 }).map((half) => 2 * half);
    const place = fc
      .record({ left: even(200), top: even(100), width: even(120), height: even(80) })
      .map((one) => ({
        ...one,
        width: Math.max(2, one.width),
        height: Math.max(2, one.height),
      }));
    const tile = fc.tuple(fc.constantFrom('a', 'b', 'c'), place, fc.boolean());
    const tiles = fc.uniqueArray(tile, { maxLength: 3, selector: ([name]) => name });
    const step = fc.oneof(
      fc.record({ tiles, labels: fc.boolean() }),
      fc.record({
        picture: fc.constantFrom('a', 'b', 'c'),
        size: fc.constantFrom(undefined, 20, 62),
        tint: fc.integer({ min: 0, max: 15 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const scene = new Scene(compositor());
        for (const [index, one] of steps.entries()) {
          if ('tiles' in one) scene.arrange(one);
          else scene.show(one);
          const picture = scene.mix.compose(index);
          assert.equal(differingOutside(picture, scene.places, background), 0);
          assert.deepEqual(picture.data, scene.again(compositor()).compose(index).data);
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** What a compositor was told, to tell another one. */
class Scene {
  readonly mix: Compositor;
  #settings = canvas;
  #tiles: TileSpec[] = [];
  readonly #pictures = new Map<string, Picture>();

  constructor(mix: Compositor) {
    this.mix = mix;
    mix.set({ canvas, tiles: [] });
  }

  get places(): Rectangle[] {
    return this.#tiles.map(({ rectangle }) => rectangle);
  }

  arrange({ tiles, labels }: { tiles: [string, Rectangle, boolean][]; labels: boolean }): void {
    this.#settings = { ...canvas, labels };
    this.#tiles = tiles.map(([name, rectangle, muted]) => tileOf(name, rectangle, { muted }));
    for (const name of this.#pictures.keys()) {
      const tile = this.#tiles.find(({ stream }) => stream === name);
      if (tile === undefined || tile.muted) this.#pictures.delete(name);
    }
    this.mix.set({ canvas: this.#settings, tiles: this.#tiles });
  }

  show({
    picture: name,
    size: side,
    tint: index,
  }: {
    picture: string;
    size: number | undefined;
    tint: number;
  }): void {
    const tile = this.#tiles.find(({ stream }) => stream === name);
    if (tile === undefined || tile.muted) return;
    const picture = plain(side === undefined ? tile.rectangle : { width: side, height: side }, tint(index));
    this.#pictures.set(name, picture);
    this.mix.picture(tile.stream, picture);
  }

  /** The same, from the beginning. */
  again(mix: Compositor): Compositor {
    mix.set({ canvas: this.#settings, tiles: this.#tiles });
    for (const { stream } of this.#tiles) {
      const picture = this.#pictures.get(stream);
      if (picture !== undefined) mix.picture(stream, picture);
    }
    return mix;
  }
}
