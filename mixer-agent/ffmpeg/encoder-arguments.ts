import type { MixCodec, Size } from '../mix/media.ts';
import { scalingOptions } from './scaling.ts';

export interface EncoderSettings {
  codec: MixCodec;
  /** Of the pictures that come. */
  input: Size;
  /** Of those that go out; even. */
  size: Size;
  framerate: number;
  /** kbit/s. */
  bitrate: number;
}

/**
 * Units of a second in which an encoder counts: two for each frame. The first is for an ordinary frame, the second says
 * that it must be a key frame.
 */
export const encoderTimebase = (framerate: number): number => Math.round(framerate * 2);

/** Rate control may save for so long, s: longer is better quality, shorter a steadier flow. */
const bufferSeconds = 0.6;
/** Most that a key frame may take, in percent of an average frame. */
const keyFrameShare = 900;

/** An encoder that gives each frame before the next picture comes, and key frames when they are asked for only. */
export function encoderArguments(settings: EncoderSettings): string[] {
  const { codec, input, size, framerate, bitrate } = settings;
  const timebase = encoderTimebase(framerate);
  const scaled = input.width !== size.width || input.height !== size.height;
  const buffer = Math.round(bitrate * bufferSeconds);
  return [
    ...(scaled ? scalingOptions : []),
    ...['-analyzeduration', '0', '-probesize', '32', '-threads', '1', '-f', 'ivf', '-i', 'pipe:0'],
    ...['-fps_mode', 'passthrough', '-enc_time_base', `1:${timebase}`],
    ...(scaled ? ['-filter_threads', '1', '-vf', `scale=${size.width}:${size.height}:flags=bicubic`] : []),
    ...['-pix_fmt', 'yuv420p', '-threads', '1', ...(codec === 'vp8' ? vp8 : h264(framerate))],
    ...['-b:v', `${bitrate}k`, '-maxrate', `${bitrate}k`, '-bufsize', `${buffer}k`],
    // The same lowest and highest rate: constant bitrate.
    ...(codec === 'vp8' ? ['-minrate', `${bitrate}k`] : []),
    ...['-g', '100000', '-force_key_frames', `expr:mod(round(t*${timebase}),2)`],
    ...['-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'],
  ];
}

/** A positive `cpu-used` would take a fixed share of the time between two frames. */
const vp8 = [
  ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-lag-in-frames', '0'],
  ...['-auto-alt-ref', '0', '-qmin', '4', '-qmax', '60', '-undershoot-pct', '95', '-overshoot-pct', '15'],
  ...['-max-intra-rate', `${keyFrameShare}`],
];

/**
 * Constrained baseline with SPS and PPS at each IDR frame, saying that colours are BT.601: browsers would guess BT.709.
 * `zerolatency` makes x264 count frames instead of reading their times, so that it must know the frame rate.
 */
function h264(framerate: number): string[] {
  const colours = 'colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv';
  return [
    ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-forced-idr', '1', '-x264-params', `fps=${framerate}:repeat-headers=1:scenecut=0:${colours}`],
  ];
}
