import type { VideoFormat } from '../contract/room-settings.ts';

/** kbit/s that a picture needs at so many pixels in 1/30 s; linear between these points (OWT 10.2). */
const points = [
  { pixels: 0, bitrate: 0 },
  { pixels: 76_800, bitrate: 400 },
  { pixels: 307_200, bitrate: 800 },
  { pixels: 921_600, bitrate: 2_000 },
  { pixels: 2_073_600, bitrate: 4_000 },
  { pixels: 8_294_400, bitrate: 16_000 },
] as const;

/** Codecs differ in what they need for the same quality; those not named need what H.264 does. */
const codecFactors: Partial<Record<VideoFormat['codec'], number>> = { vp8: 1.2, vp9: 0.8, h265: 0.9 };

/** Below this no encoder gives a picture that can be looked at, kbit/s. */
export const leastBitrate = 30;

export interface BitrateOptions {
  resolution: { width: number; height: number };
  /** Frames per second. */
  framerate: number;
  codec: VideoFormat['codec'];
  /** How much moves: 0.8 for people who sit and talk. */
  motionFactor: number;
}

/** Bitrate of a view that is configured without one, kbit/s (OWT 10.2). */
export function defaultBitrate({ resolution, framerate, codec, motionFactor }: BitrateOptions): number {
  const pixels = (resolution.width * resolution.height * framerate) / 30;
  const standard = interpolate(pixels);
  return atLeast(standard * (codecFactors[codec] ?? 1) * motionFactor);
}

/** Whole kbit/s that an encoder can work with. */
export const atLeast = (bitrate: number): number => Math.max(leastBitrate, Math.round(bitrate));

/** Beyond the last point the last bitrate. */
function interpolate(pixels: number): number {
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    if (from === undefined || pixels > to.pixels) continue;
    const part = (pixels - from.pixels) / (to.pixels - from.pixels);
    return from.bitrate + part * (to.bitrate - from.bitrate);
  }
  return points[points.length - 1]?.bitrate ?? leastBitrate;
}
