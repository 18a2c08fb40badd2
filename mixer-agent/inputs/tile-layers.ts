import type { VideoParameters } from '../../common/contract/media.ts';
import { layersFor, type LayerCounts, type Layers } from '../../common/media/layers.ts';
import type { Fit, Size } from '../mix/media.ts';

/** Where a picture is shown. */
export interface Tile {
  /** Pixels of the mix. */
  readonly size: Size;
  readonly fit: Fit;
  /** Pictures of the mix per second. */
  readonly framerate: number;
}

/** What a camera sends whose publisher did not say. */
const assumed: Size = { width: 1280, height: 720 };

/**
 * Layers of a picture that is shown in a tile: the smallest that fill it, because each pixel more is decoded for nothing.
 * @param source as its publisher announced it
 */
export function layersForTile(
  { size, fit, framerate }: Tile,
  source: VideoParameters | undefined,
  counts: LayerCounts,
): Layers {
  const { width, height } = source?.resolution ?? assumed;
  const scales = [size.width / width, size.height / height];
  const scale = fit === 'crop' ? Math.max(...scales) : Math.min(...scales);
  const resolution = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return layersFor({ resolution, framerate }, { ...source, resolution: { width, height } }, counts);
}
