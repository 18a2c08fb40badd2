import type { Layers, RemoteTrack } from './types.ts';

/** A place where a video is shown; sizes in device pixels, 0 when it is not laid out. */
export interface Tile {
  width: number;
  height: number;
  visible: boolean;
  /** The picture is cut to fill the tile instead of being shown whole. */
  cover: boolean;
}

/** A picture may be stretched by this factor before a larger layer is worth its bits. */
const tolerance = 1.2;

const assumed = { width: 1280, height: 720 };

/** How much of the full picture's width and height the tile shows: 0.5 = half of each. */
function scaleNeeded(tile: Tile, picture: { width: number; height: number }): number {
  const x = tile.width / picture.width;
  const y = tile.height / picture.height;
  return tile.cover ? Math.max(x, y) : Math.min(x, y);
}

export interface Choice {
  /** Nobody looks: nothing needs to be received. */
  paused: boolean;
  /** Undefined when the track has but one layer. */
  layers?: Layers;
}

/** What to receive of a track that is shown in these tiles. */
export function chooseLayers(
  track: Pick<RemoteTrack, 'layers' | 'parameters'>,
  tiles: readonly Tile[],
): Choice {
  const seen = tiles.filter(({ visible, width, height }) => visible && width > 0 && height > 0);
  if (seen.length === 0) return { paused: true };
  const count = track.layers?.spatial ?? 1;
  if (count === 1) return { paused: false };
  const picture = track.parameters?.resolution ?? assumed;
  const need = Math.max(...seen.map((tile) => scaleNeeded(tile, picture)));
  // Each layer has half the width and height of the one above it.
  let spatial = 0;
  while (spatial < count - 1 && tolerance * 2 ** (spatial - count + 1) < need) spatial += 1;
  return { paused: false, layers: { spatial } };
}
