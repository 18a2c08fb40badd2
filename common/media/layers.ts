import type { VideoParameters } from '../contract/media.ts';

export interface LayerCounts {
  spatial: number;
  temporal: number;
}

/** As mediasoup's `ConsumerLayers`. */
export interface Layers {
  spatialLayer: number;
  temporalLayer: number;
}

/** What a camera delivers by default, for streams whose publisher did not say. */
const assumed = { width: 1280, height: 720, framerate: 30 };

/** A layer this much smaller than asked for still does. */
const tolerance = 0.9;

/** The first layer that is enough; the highest when none is. */
function firstEnough(count: number, enough: (layer: number) => boolean): number {
  for (let layer = 0; layer < count - 1; layer += 1) if (enough(layer)) return layer;
  return count - 1;
}

/** OWT writes a bitrate as kbit/s or as a part of the source's, `x0.5`. */
function bitrateRatio(wanted: string | number, source: string | number | undefined): number | undefined {
  if (typeof wanted === 'string' && wanted.startsWith('x')) {
    const factor = Number(wanted.slice(1));
    return Number.isFinite(factor) && factor > 0 ? factor : undefined;
  }
  const ratio = Number(wanted) / Number(source);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

/**
 * Layers for what a subscriber asks: each spatial layer halves width and height (and so quarters the bitrate), each
 * temporal layer halves the frame rate.
 */
export function layersFor(
  wanted: VideoParameters | undefined,
  source: VideoParameters | undefined,
  { spatial, temporal }: LayerCounts,
): Layers {
  const size = source?.resolution ?? assumed;
  const rate = source?.framerate ?? assumed.framerate;
  let spatialLayer = spatial - 1;
  let temporalLayer = temporal - 1;
  if (wanted?.resolution !== undefined) {
    const { width, height } = wanted.resolution;
    spatialLayer = firstEnough(spatial, (layer) => {
      const scale = 2 ** (layer - (spatial - 1));
      return size.width * scale >= width * tolerance && size.height * scale >= height * tolerance;
    });
  }
  if (wanted?.bitrate !== undefined) {
    const ratio = bitrateRatio(wanted.bitrate, source?.bitrate);
    // Here the limit is above: the highest layer that does not exceed it.
    while (
      ratio !== undefined &&
      spatialLayer > 0 &&
      4 ** (spatialLayer - (spatial - 1)) > ratio / tolerance
    ) {
      spatialLayer -= 1;
    }
  }
  if (wanted?.framerate !== undefined) {
    const { framerate } = wanted;
    temporalLayer = firstEnough(
      temporal,
      (layer) => rate * 2 ** (layer - (temporal - 1)) >= framerate * tolerance,
    );
  }
  return { spatialLayer, temporalLayer };
}
