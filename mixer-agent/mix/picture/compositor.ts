import type { StreamId } from '../../../common/contract/ids.ts';
import { evenSize } from '../../../common/layout/pixels.ts';
import type { MixLog } from '../log.ts';
import { i420Bytes, type Picture, type Rectangle, type Size } from '../media.ts';
import type { ProcessSpec } from '../protocol.ts';
import { toYuv } from './colour.ts';
import { fill, plain } from './i420.ts';
import { Texts } from './text/texts.ts';
import { Tile, type TileSpec, type TileStyle } from './tile.ts';

export type { TileSpec } from './tile.ts';

type Canvas = NonNullable<ProcessSpec['canvas']>;

export interface CompositorOptions {
  ffmpeg: string;
  /** A picture is shown for so long when no other comes, ms; then the avatar. */
  holdMs: number;
  log: MixLog;
}

/** Pictures that go round: whoever got one may read it until two others were composed. */
const poolSize = 3;

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
  #last: Sheet | undefined;
  /** Grows when size, background or places change. */
  #arrangement = 0;
  #signature = '';

  constructor({ ffmpeg, holdMs, log }: CompositorOptions) {
    this.#holdMs = holdMs;
    this.#texts = new Texts({ ffmpeg, log });
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
   * The picture of this moment.
   *
   * @param now ms
   * @returns a picture that stays as it is until two others were composed
   */
  compose(now: number): Picture {
    for (const tile of this.#tiles) tile.update(now);
    if (this.#last !== undefined && this.#isCurrent(this.#last)) return this.#last.picture;
    const sheet = this.#next();
    if (sheet.arrangement !== this.#arrangement) this.#clear(sheet);
    this.#paint(sheet);
    this.#last = sheet;
    return sheet.picture;
  }

  close(): void {
    this.#texts.close();
  }

  #isCurrent({ arrangement, versions }: Sheet): boolean {
    return (
      arrangement === this.#arrangement &&
      this.#tiles.every((tile, index) => versions[index] === tile.version)
    );
  }

  #next(): Sheet {
    const { width, height } = this.#size;
    const known = this.#sheets[this.#turn];
    const fits = known?.picture.width === width && known.picture.height === height;
    const sheet =
      fits && known !== undefined
        ? known
        : { picture: plain(this.#size, this.#style.background), arrangement: -1, versions: [] };
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
