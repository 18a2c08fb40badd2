import { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { EngineLog } from '../../mixer-agent/process/engine-log.ts';
import { i420Bytes, type Picture, type Rectangle, type Size } from '../../mixer-agent/mix/media.ts';
import type { Yuv } from '../../mixer-agent/mix/picture/colour.ts';
import {
  Compositor,
  type CompositorOptions,
  type TileSpec,
} from '../../mixer-agent/mix/picture/compositor.ts';
import { Drawer } from '../../mixer-agent/mix/picture/text/drawer.ts';

export const quiet: EngineLog = { debug() {}, info() {}, warn() {}, error() {} };

export const canvasOf = (resolution: Size) => ({
  resolution,
  framerate: 25,
  background: { r: 30, g: 60, b: 90 },
  fit: 'letterbox' as const,
  labels: false,
  speakingMark: false,
});

/** Draws nothing: its thread cannot be started. */
export const brokenDrawer = (): Drawer => new Drawer(new URL('file:///nonexistent/worker.ts'));

/** A compositor whose names are never drawn. */
export const speechless = (more: Partial<CompositorOptions> = {}): Compositor =>
  new Compositor({ holdMs: 2_000, log: quiet, drawer: brokenDrawer(), ...more });

export const tileOf = (name: string, rectangle: Rectangle, more: Partial<TileSpec> = {}): TileSpec => ({
  stream: StreamId.parse(name),
  participant: ParticipantId.parse(`p-${name}`),
  name,
  rectangle,
  hasVideo: true,
  muted: false,
  ...more,
});

/** One pixel. */
export function pixelOf({ width, height, data }: Picture, x: number, y: number): Yuv {
  const chroma = width * height + (y >> 1) * (width >> 1) + (x >> 1);
  return {
    y: data[y * width + x] ?? -1,
    u: data[chroma] ?? -1,
    v: data[chroma + ((width * height) >> 2)] ?? -1,
  };
}

export const centreOf = (picture: Picture, { left, top, width, height }: Rectangle): Yuv =>
  pixelOf(picture, left + (width >> 1), top + (height >> 1));

/** Whether a pixel lies in one of these. */
const isInside = (places: readonly Rectangle[], x: number, y: number): boolean =>
  places.some(
    ({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
  );

/** Number of pixels outside of `places` that differ from `colour`. */
export function differingOutside(picture: Picture, places: readonly Rectangle[], colour: Yuv): number {
  let differing = 0;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      if (isInside(places, x, y)) continue;
      const pixel = pixelOf(picture, x, y);
      if (pixel.y !== colour.y || pixel.u !== colour.u || pixel.v !== colour.v) differing += 1;
    }
  }
  return differing;
}

/** A picture without structure. */
export function grey(size: Size, level: number): Picture {
  return { ...size, data: new Uint8Array(i420Bytes(size)).fill(level) };
}
