import { decoderTimebase } from '../ffmpeg/decoder-arguments.ts';
import { scalingOptions } from '../ffmpeg/scaling.ts';
import type { Size } from '../mix/media.ts';

/*
 * FFmpeg that decodes one track of a source, which comes as the NUT of the FFmpeg that fetches it, with its times. NUT says
 * all that has to be known about the tracks, so that nothing has to be looked for.
 */

const input = [
  ...['-analyzeduration', '0', '-probesize', '32', '-threads', '2'],
  ...['-f', 'nut', '-copyts', '-i', 'pipe:0'],
];
const output = ['-avioflags', 'direct', '-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'];

/** Units of a second in which pictures and sound say their times. */
export const decodedTimebase = 90_000;

/** I420 pictures of one size; another shape gets bars, pixels that are not square are made so, and interlaced ones whole. */
export function videoDecoderArguments({ width, height }: Size): string[] {
  const w = `max(2,2*round(min(${width},${height}*iw*sar/ih)/2))`;
  const h = `max(2,2*round(min(${height},${width}*ih/(iw*sar))/2))`;
  const scaled = `scale=w='${w}':h='${h}':flags=bicubic:out_color_matrix=bt601:out_range=tv`;
  const placed = `pad=w=${width}:h=${height}:x='2*floor((ow-iw)/4)':y='2*floor((oh-ih)/4)'`;
  return [
    ...scalingOptions,
    ...input,
    ...['-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base', `1:${decodedTimebase}`],
    ...['-vf', `yadif=deint=interlaced,${scaled},${placed},setsar=1`, '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'rawvideo', '-threads', '1', ...output],
  ];
}

/**
 * Pictures from the key frame on that comes first, each as soon as its frame is there. Frames come as IVF, and their numbers
 * are their times.
 * @param skip so many of them are decoded and not given
 */
export function gopDecoderArguments({ size: { width, height } }: { size: Size }, skip: number): string[] {
  const scaled = `scale=${width}:${height}:flags=bicubic:out_color_matrix=bt601:out_range=tv`;
  return [
    ...scalingOptions,
    ...['-analyzeduration', '0', '-probesize', '32', '-flags', 'low_delay', '-threads', '1'],
    ...['-f', 'ivf', '-copyts', '-i', 'pipe:0'],
    ...['-fps_mode', 'passthrough', '-enc_time_base', `1:${decoderTimebase}`, '-filter_threads', '1'],
    ...['-vf', `select='gte(t*${decoderTimebase}\\,${skip - 0.5})',${scaled}`, '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'rawvideo', '-threads', '1', ...output],
  ];
}

/** 32-bit floats, 48 kHz, stereo, interleaved. */
export const audioDecoderArguments: readonly string[] = [
  ...input,
  ...['-map', '0:a:0', '-ar', '48000', '-ac', '2', '-c:a', 'pcm_f32le', ...output],
];
