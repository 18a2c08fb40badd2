import type { StreamId } from '../../../common/contract/ids.ts';
import { evenSize } from '../../../common/layout/pixels.ts';
import type { EngineLog } from '../../process/engine-log.ts';
import { i420Bytes, type Picture, type Rectangle, type Size } from '../media.ts';
import type { Canvas } from '../protocol.ts';
import { toYuv } from './colour.ts';
import { fill, plain } from './i420.ts';
import type { Drawer } from './text/drawer.ts';
import { Texts } from './text/texts.ts';
import { Tile, type TileSpec, type TileStyle } from './tile.ts';

export type { TileSpec } from './tile.ts';

export interface CompositorOptions {
  /** A picture is shown for so long when no other comes, ms; then the avatar. */
  holdMs: number;
  log: EngineLog;
  /** Draws names. */
  drawer?: Drawer;
  /** Whether somebody still reads a picture: it is not written to then. */
  isHeld?: (picture: Picture) => boolean;
}

/** Pictures that go round, so that one can be written while others are read. */
const poolSize = 3;
/** Part of the canvas that may be scaled for one picture, besides what has just got another size. */
const scaledShare = 0.5;

/** A picture of the pool, and what is on it. */
interface Sheet {
  readonly picture: Picture;
  arrangement: number;
  /** Version of each tile as it was painted. */
  readonly versions: number[];
}

/**
 * Puts the picture of a mix together: the newest pictures of the inputs in their regions, on a background, with names and
 * marks. Only what has changed is painted.
 */
export class Compositor {
  readonly #holdMs: number;
  readonly #texts: Texts;
  readonly #isHeld: (picture: Picture) => boolean;
  #size: Size = { width: 2, height: 2 };
  #style: TileStyle = {
    background: toYuv({ r: 0, g: 0, b: 0 }),
    fit: 'letterbox',
    labels: false,
    speakingMark: false,
  };
  #tiles: Tile[] = [];
  #byStream = new Map<StreamId, Tile>();
  /** For each tile those that lie below it: when they are painted, it must be painted, too. */
  #below: number[][] = [];
  #painted = new Uint8Array();
  #sheets: Sheet[] = [];
  #turn = 0;
  /** The tile whose turn it is to be scaled. */
  #firstToScale = 0;
  #last: Sheet | undefined;
  /** Grows when size, background or places change. */
  #arrangement = 0;
  #signature = '';

  constructor({ holdMs, isHeld, ...names }: CompositorOptions) {
    this.#holdMs = holdMs;
    this.#isHeld = isHeld ?? (() => false);
    this.#texts = new Texts(names);
  }

  /**
   * What is shown from now on. Tiles later in the list lie on top of earlier ones.
   *
   * @param tiles with places that are even and inside the canvas; each stream once. The canvas is the largest even size
   *   within the resolution.
   */
  set({ canvas, tiles }: { canvas: Canvas; tiles: readonly TileSpec[] }): void {
    const { fit, labels, speakingMark } = canvas;
    this.#size = evenSize(canvas.resolution);
    this.#style = { background: toYuv(canvas.background), fit, labels, speakingMark };
    const before = this.#byStream;
    this.#byStream = new Map(tiles.map((spec) => [spec.stream, this.#tileOf(spec, before.get(spec.stream))]));
    this.#tiles = [...this.#byStream.values()];
    this.#arrange();
  }

  #tileOf(spec: TileSpec, known: Tile | undefined): Tile {
    const style = this.#style;
    known?.set(spec, style);
    return known ?? new Tile({ spec, style, texts: this.#texts, holdMs: this.#holdMs });
  }

  #arrange(): void {
    const places = this.#tiles.map(({ rectangle }) => rectangle);
    this.#below = places.map((place, index) =>
      places.slice(0, index).flatMap((other, below) => (overlap(place, other) ? [below] : [])),
    );
    for (const [index, tile] of this.#tiles.entries()) tile.onTop = this.#below[index]?.length !== 0;
    const streams = [...this.#byStream.keys()];
    const signature = JSON.stringify([this.#size, this.#style.background, streams, places]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#arrangement += 1;
    this.#painted = new Uint8Array(this.#tiles.length);
  }

  /** The newest picture of an input. It is kept, not copied: nobody may write to it before a newer one was given. */
  picture(stream: StreamId, picture: Picture): void {
    if (picture.data.length < i420Bytes(picture)) return;
    this.#byStream.get(stream)?.take(picture);
  }

  /** Who is heard at this moment. */
  speaking(streams: Iterable<StreamId>): void {
    for (const stream of streams) this.#byStream.get(stream)?.hear();
  }

  /**
   * The picture of this moment; while all others are still read, that of the last one.
   *
   * @param now ms
   * @returns a picture that stays as it is while somebody holds it, or else until two others were composed
   */
  compose(now: number): Picture {
    this.#update(now);
    if (this.#last !== undefined && this.#isCurrent(this.#last)) return this.#last.picture;
    const sheet = this.#next();
    if (sheet === undefined) return (this.#last ?? this.#add()).picture;
    if (sheet.arrangement !== this.#arrangement) this.#clear(sheet);
    this.#paint(sheet);
    this.#last = sheet;
    return sheet.picture;
  }

  /** Makes all that the first pictures need, so that they take no longer than others. */
  prepare(now: number): void {
    for (let count = 0; count < poolSize; count += 1) {
      this.#last = undefined;
      this.compose(now);
    }
  }

  close(): void {
    this.#texts.close();
  }

  /**
   * Lets the tiles look at what has come. Those whose decoders still give another size scale what they get; if that is too
   * much for the time of one picture they take turns.
   */
  #update(now: number): void {
    const tiles = this.#tiles;
    const { width, height } = this.#size;
    let left = width * height * scaledShare;
    const first = this.#firstToScale;
    for (let nth = 0; nth < tiles.length; nth += 1) {
      const index = (first + nth) % tiles.length;
      const tile = tiles[index] as Tile;
      if (!tile.update(now, left > 0)) continue;
      left -= tile.rectangle.width * tile.rectangle.height;
      this.#firstToScale = index + 1;
    }
  }

  #isCurrent({ arrangement, versions }: Sheet): boolean {
    return (
      arrangement === this.#arrangement &&
      this.#tiles.every((tile, index) => versions[index] === tile.version)
    );
  }

  /** The sheet to paint on; undefined: all are still read. */
  #next(): Sheet | undefined {
    const { width, height } = this.#size;
    for (let nth = 0; nth < poolSize; nth += 1) {
      const sheet = this.#sheets[this.#turn];
      if (sheet?.picture.width !== width || sheet.picture.height !== height) return this.#add();
      this.#turn = (this.#turn + 1) % poolSize;
      if (!this.#isHeld(sheet.picture)) return sheet;
    }
    return undefined;
  }

  /** A new sheet in place of the one whose turn it is. */
  #add(): Sheet {
    const picture = plain(this.#size, this.#style.background);
    const sheet = { picture, arrangement: -1, versions: [] };
    this.#sheets[this.#turn] = sheet;
    this.#turn = (this.#turn + 1) % poolSize;
    return sheet;
  }

  #clear(sheet: Sheet): void {
    fill(sheet.picture, { left: 0, top: 0, ...this.#size }, this.#style.background);
    sheet.arrangement = this.#arrangement;
    sheet.versions.length = 0;
  }

  #paint({ picture, versions }: Sheet): void {
    const painted = this.#painted;
    for (let index = 0; index < this.#tiles.length; index += 1) {
      const tile = this.#tiles[index] as Tile;
      const changed = versions[index] !== tile.version || this.#anyPainted(this.#below[index] as number[]);
      painted[index] = changed ? 1 : 0;
      if (!changed) continue;
      tile.paint(picture);
      versions[index] = tile.version;
    }
  }

  #anyPainted(tiles: readonly number[]): boolean {
    for (const index of tiles) if (this.#painted[index] === 1) return true;
    return false;
  }
}

const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.left < b.left + b.width &&
  b.left < a.left + a.width &&
  a.top < b.top + b.height &&
  b.top < a.top + a.height;
