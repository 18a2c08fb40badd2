import type { Ffmpeg } from '../ffmpeg/child.ts';
import type { StreamId } from '../../common/contract/ids.ts';
import { toPixels } from '../../common/layout/pixels.ts';
import type { EncodedPicture, Rectangle, Size } from './media.ts';
import type { Canvas, ProcessInput, ProcessSpec } from './protocol.ts';
import type { Compositor, TileSpec } from './picture/compositor.ts';
import { decodedSize } from './picture/decoded-size.ts';
import { Starts } from './video/starts.ts';
import { TileDecoder } from './video/tile-decoder.ts';
import type { EngineLog } from '../process/engine-log.ts';

export interface TilesOptions {
  ffmpeg: Ffmpeg;
  compositor: Compositor;
  /** A decoder needs a key frame. */
  onKeyFrameNeeded: (stream: StreamId) => void;
  log: EngineLog;
}

interface Tile {
  readonly stream: StreamId;
  readonly decoder: TileDecoder;
}

/** Who is shown: a decoder for each input with a region, giving pictures of just the size of that. */
export class Tiles {
  readonly #options: TilesOptions;
  readonly #tiles = new Map<StreamId, Tile>();
  readonly #starts = new Starts();
  #fit: string | undefined;
  #endedRestarts = 0;
  /** Inputs of which pictures have come since `takeNew`, and when the newest of them were captured, ms. */
  readonly #new = new Map<StreamId, number>();

  constructor(options: TilesOptions) {
    this.#options = options;
  }

  set({ canvas, inputs, layout }: { canvas: Canvas } & Pick<ProcessSpec, 'inputs' | 'layout'>): void {
    const shown = placed(canvas, { inputs, layout });
    const fit = JSON.stringify([canvas.fit, canvas.background]);
    if (fit !== this.#fit) for (const tile of this.#tiles.values()) this.#end(tile);
    this.#fit = fit;
    const decoded = new Map(
      shown.flatMap((one) => (one.input.video === undefined ? [] : [[one.input.stream, one]])),
    );
    for (const tile of this.#tiles.values()) if (!decoded.has(tile.stream)) this.#end(tile);
    for (const { input, rectangle } of decoded.values()) this.#decode(input, rectangle, canvas);
    this.#options.compositor.set({ canvas, tiles: shown.map(toTile) });
  }

  /** A picture of an input is due. */
  push(stream: StreamId, picture: EncodedPicture): void {
    this.#tiles.get(stream)?.decoder.decode(picture);
  }

  /**
   * When the newest picture was captured that came since the last call; undefined: none came.
   * @param onNew told of each input with a new picture
   */
  takeNew(onNew: (stream: StreamId, captureMs: number) => void): number | undefined {
    let newest: number | undefined;
    for (const [stream, captureMs] of this.#new) {
      onNew(stream, captureMs);
      newest = Math.max(newest ?? -Infinity, captureMs);
    }
    this.#new.clear();
    return newest;
  }

  get decoding(): number {
    return this.#tiles.size;
  }

  get restarts(): number {
    return [...this.#tiles.values()].reduce(
      (sum, { decoder }) => sum + decoder.restarts,
      this.#endedRestarts,
    );
  }

  close(): void {
    for (const tile of this.#tiles.values()) this.#end(tile);
  }

  #decode({ stream, video }: ProcessInput, rectangle: Rectangle, canvas: Canvas): void {
    const size = decodedSize(rectangle);
    const known = this.#tiles.get(stream);
    known?.decoder.resize(size);
    const decoder = known?.decoder ?? this.#begin(stream, { size, canvas });
    if (video?.paused === false) decoder.expect(video.codec);
  }

  #begin(stream: StreamId, { size, canvas }: { size: Size; canvas: Canvas }): TileDecoder {
    const { ffmpeg, compositor, onKeyFrameNeeded, log } = this.#options;
    const decoder = new TileDecoder({
      ffmpeg,
      size,
      fit: canvas.fit,
      background: canvas.background,
      log,
      starts: this.#starts,
      onPicture: (picture, captureMs) => {
        this.#new.set(stream, captureMs);
        compositor.picture(stream, picture);
      },
      onKeyFrameNeeded: () => {
        onKeyFrameNeeded(stream);
      },
    });
    this.#tiles.set(stream, { stream, decoder });
    return decoder;
  }

  #end(tile: Tile): void {
    this.#tiles.delete(tile.stream);
    this.#endedRestarts += tile.decoder.restarts;
    void tile.decoder.close();
  }
}

interface Placed {
  input: ProcessInput;
  rectangle: Rectangle;
}

/** Inputs that have a region, in the order of the regions. */
function placed(canvas: Canvas, { inputs, layout }: Pick<ProcessSpec, 'inputs' | 'layout'>): Placed[] {
  return layout.flatMap(({ stream, region }) => {
    const input = inputs.find((one) => one.stream === stream);
    return input === undefined ? [] : [{ input, rectangle: toPixels(region.area, canvas.resolution) }];
  });
}

const toTile = ({ input, rectangle }: Placed): TileSpec => ({
  stream: input.stream,
  participant: input.participant,
  name: input.name,
  rectangle,
  hasVideo: input.hasVideo,
  muted: input.video?.paused ?? false,
});
