import { scalingOptions } from '../../ffmpeg/scaling.ts';
import type { Size } from '../../mix/media.ts';

/* How FFmpeg encodes what leaves a room, where it has to. */

export interface VideoEncoding {
  codec: 'h264' | 'vp8' | 'vp9';
  /** Of what comes out; pictures of another shape get bars. Even. */
  size: Size;
  /** Pictures per second at most. */
  framerate?: number | undefined;
  /** kbit/s; absent: enough for the size. */
  bitrate?: number | undefined;
  /** Longest time between key frames, s. */
  keyFrameInterval: number;
}

/** kbit/s of AAC and of Opus. */
const audioBitrate = 128;
/** Seconds that rate control may save for. */
const bufferSeconds = 1.5;
/** Bits for each pixel and second at about 25 pictures. */
const bitsPerPixel = 2.5;
const bitrateLimits = { min: 300, max: 8_000 };

/** kbit/s that a picture of a size looks well with. */
function usualBitrate({ width, height }: Size): number {
  const bitrate = Math.round((width * height * bitsPerPixel) / 1_000);
  return Math.min(bitrateLimits.max, Math.max(bitrateLimits.min, bitrate));
}

/** The nearest size that encoders of 4:2:0 take. */
export const evenSize = ({ width, height }: Size): Size => ({
  width: Math.max(2, 2 * Math.round(width / 2)),
  height: Math.max(2, 2 * Math.round(height / 2)),
});

/** Options of an output with one picture; times are kept. */
export function videoEncoding({
  codec,
  size,
  framerate,
  bitrate,
  keyFrameInterval,
}: VideoEncoding): string[] {
  const rate = bitrate ?? usualBitrate(size);
  return [
    ...scalingOptions,
    ...['-filter:v', filters(size, framerate), '-fps_mode', 'passthrough', '-enc_time_base:v', '1:1000'],
    ...['-pix_fmt', 'yuv420p', ...encoders[codec]],
    ...['-b:v', `${rate}k`, '-maxrate', `${rate}k`, '-bufsize', `${Math.round(rate * bufferSeconds)}k`],
    ...['-g', '100000', '-force_key_frames', `expr:gte(t,n_forced*${keyFrameInterval})`],
  ];
}

/**
 * Sound has to be without holes: what is missing becomes silence.
 */
export const audioEncoding = (codec: 'aac' | 'opus'): string[] => [
  ...['-filter:a', 'aresample=async=1:min_hard_comp=0.1', '-ar', '48000', '-ac', '2'],
  ...['-c:a', codec === 'aac' ? 'aac' : 'libopus', '-b:a', `${audioBitrate}k`],
];

/** Leaves pictures out (repeats none), and makes all the same size: only a key frame of a new encoder could change it. */
function filters({ width, height }: Size, framerate: number | undefined): string {
  const inTime = `isnan(prev_selected_t)+gte(t-prev_selected_t\\,${(0.9 / (framerate ?? 1)).toFixed(4)})`;
  return [
    ...(framerate === undefined ? [] : [`select='${inTime}'`]),
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic`,
    `pad=${width}:${height}:-1:-1`,
    'setsar=1',
  ].join(',');
}

/**
 * `zerolatency` makes x264 count pictures instead of reading their times, which vary here: `force-cfr=0` takes that back,
 * for one picture of delay.
 */
const encoders = {
  h264: [
    ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'main'],
    ...['-x264-params', 'force-cfr=0:repeat-headers=1:scenecut=0'],
  ],
  vp8: [
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-lag-in-frames', '0'],
    ...['-auto-alt-ref', '0', '-qmin', '4', '-qmax', '56', '-threads', '2'],
  ],
  vp9: [
    ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0'],
    ...['-row-mt', '1', '-threads', '2'],
  ],
};
