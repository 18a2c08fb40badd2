import { PorticoError } from '../../common/contract/errors.ts';
import type { TrackInfo, VideoParameters } from '../../common/contract/media.ts';
import type { VideoOutput } from '../../common/contract/mix.ts';
import type { View } from '../../common/contract/room-settings.ts';
import { atLeast, defaultBitrate } from '../../common/media/video-bitrate.ts';

export type ViewVideo = Exclude<View['video'], false>;

/** What subscribers may ask for besides what a view is configured with, in the words of the settings (OWT 8, `mediaOut`). */
export interface Variants {
  /** Names: `vga`, `r640x360`, `x1/2` of the view. */
  readonly resolution: readonly string[];
  readonly framerate: readonly number[];
  /** kbit/s, or a part of the default such as `x0.6`. */
  readonly bitrate: readonly (number | string)[];
  /** s. */
  readonly keyFrameInterval: readonly number[];
}

interface Size {
  width: number;
  height: number;
}

type Optional = NonNullable<TrackInfo['optional']['parameters']>;

const sizes: Readonly<Record<string, Size>> = {
  qcif: { width: 176, height: 144 },
  qvga: { width: 320, height: 240 },
  sif: { width: 352, height: 240 },
  cif: { width: 352, height: 288 },
  hvga: { width: 480, height: 320 },
  vga: { width: 640, height: 480 },
  svga: { width: 800, height: 600 },
  xga: { width: 1024, height: 768 },
  hd720p: { width: 1280, height: 720 },
  hd1080p: { width: 1920, height: 1080 },
  uhd_4k: { width: 3840, height: 2160 },
};

const toEven = (value: number): number => Math.floor(value / 2) * 2;

function sizeOf(name: string, base: Size): Size | undefined {
  const scaled = /^x(\d+)\/(\d+)$/.exec(name);
  if (scaled !== null) {
    const factor = Number(scaled[1]) / Number(scaled[2]);
    return { width: toEven(base.width * factor), height: toEven(base.height * factor) };
  }
  const exact = /^r(\d+)x(\d+)$/.exec(name);
  if (exact !== null) return { width: toEven(Number(exact[1])), height: toEven(Number(exact[2])) };
  return sizes[name];
}

const isSame = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/** Sizes by name that are smaller than the view in both directions, each once (OWT 5.2). */
function smaller(names: readonly string[], base: Size): Size[] {
  const found: Size[] = [];
  for (const name of names) {
    const size = sizeOf(name, base);
    if (size === undefined || size.width < 16 || size.height < 16) continue;
    if (size.width >= base.width || size.height >= base.height) continue;
    if (!found.some((known) => isSame(known, size))) found.push(size);
  }
  return found;
}

/** The lists of `optional.parameters` of a mixed track (OWT 5.2). */
export function optionalOf({ parameters }: ViewVideo, variants: Variants): Optional {
  return {
    resolution: smaller(variants.resolution, parameters.resolution),
    framerate: variants.framerate.filter((rate) => rate < parameters.framerate),
    bitrate: [...variants.bitrate],
    keyFrameInterval: [...variants.keyFrameInterval],
  };
}

/** Name of the output that a view is configured with. */
const mainKey = 'main';

/** What a view is configured with. */
export function mainOutput({ format, parameters, motionFactor }: ViewVideo): VideoOutput {
  const { resolution, framerate, keyFrameInterval } = parameters;
  const bitrate =
    parameters.bitrate ?? defaultBitrate({ resolution, framerate, codec: format.codec, motionFactor });
  return { key: mainKey, resolution, framerate, bitrate, keyFrameInterval };
}

/** Factor of `"x0.8"`. */
const factorOf = (bitrate: string): number =>
  /^x\d+(\.\d+)?$/.test(bitrate) ? Number(bitrate.slice(1)) : NaN;

const isSameBitrate = (a: number | string, b: number | string): boolean =>
  typeof a === 'string' && typeof b === 'string' ? factorOf(a) === factorOf(b) : a === b;

/**
 * The output for what a subscriber asks of a mixed picture; what it does not name is as configured.
 * @param field path of the parameters in the request
 * @throws PorticoError `bad_request` in the words of OWT 3.2 for what the view does not offer
 */
export function outputFor(
  video: ViewVideo,
  { variants, asked = {}, field }: { variants: Variants; asked?: VideoParameters | undefined; field: string },
): VideoOutput {
  const main = mainOutput(video);
  const offered = optionalOf(video, variants);
  const refuse = (what: string, name: keyof VideoParameters) =>
    new PorticoError('bad_request', `Target video stream does NOT satisfy:${what} is not acceptable`, {
      field: `${field}.${name}`,
    });
  const resolution = asked.resolution ?? main.resolution;
  const framerate = asked.framerate ?? main.framerate;
  const keyFrameInterval = asked.keyFrameInterval ?? main.keyFrameInterval;
  if (![main.resolution, ...offered.resolution].some((size) => isSame(size, resolution))) {
    throw refuse('Resolution', 'resolution');
  }
  if (![main.framerate, ...offered.framerate].includes(framerate)) throw refuse('Framerate', 'framerate');
  if (![main.keyFrameInterval, ...offered.keyFrameInterval].includes(keyFrameInterval)) {
    throw refuse('KeyFrameInterval', 'keyFrameInterval');
  }
  const known = ['x1', main.bitrate, ...offered.bitrate];
  const { bitrate: wanted = 'x1' } = asked;
  if (!known.some((one) => isSameBitrate(one, wanted))) throw refuse('Bitrate', 'bitrate');
  const part = (resolution.width * resolution.height * framerate) / pixelsPerSecond(main);
  const scaled = typeof wanted === 'number' ? wanted : main.bitrate * part * factorOf(wanted);
  const bitrate = scaled === main.bitrate ? scaled : atLeast(scaled);
  return named({ ...main, resolution: { ...resolution }, framerate, bitrate, keyFrameInterval }, main);
}

const pixelsPerSecond = ({ resolution, framerate }: VideoOutput): number =>
  resolution.width * resolution.height * framerate;

/** The same values have the same name, whoever asks for them. */
function named(output: VideoOutput, main: VideoOutput): VideoOutput {
  const text = ({ resolution, framerate, bitrate, keyFrameInterval }: VideoOutput) =>
    `${resolution.width}x${resolution.height}-${framerate}-${bitrate}-${keyFrameInterval}`;
  return text(output) === text(main) ? main : { ...output, key: text(output) };
}

/** Whether an output delivers what another one is described with. */
export function isSameOutput(output: VideoOutput, source: VideoParameters | undefined): boolean {
  const { resolution, framerate, bitrate, keyFrameInterval } = source ?? {};
  return (
    resolution !== undefined &&
    isSame(output.resolution, resolution) &&
    output.framerate === framerate &&
    output.bitrate === bitrate &&
    output.keyFrameInterval === keyFrameInterval
  );
}
