import type { Colour, Fit, Size, VideoCodec } from '../mix/media.ts';
import { scalingOptions } from './scaling.ts';

export interface DecoderSettings {
  codec: VideoCodec;
  /** Of the tile; even. */
  size: Size;
  fit: Fit;
  background: Colour;
}

/**
 * Frames are numbered, and the number stands for their time. FFmpeg gives it back with each picture, so that those it
 * leaves out do not shift the others.
 */
export const decoderTimebase = 1_000;

/**
 * A decoder that gives each picture before the next frame comes. Both `-threads 1` are needed for that: the second is
 * for the "encoder" of raw pictures, which would otherwise hold one back in each of its threads.
 */
export function decoderArguments({ codec, ...shape }: DecoderSettings): string[] {
  return [
    ...scalingOptions,
    ...['-analyzeduration', '0', '-probesize', '32', '-flags', 'low_delay', '-threads', '1'],
    // FFmpeg's own VP9 decoder takes only the lowest spatial layer of an access unit without superframe index.
    ...(codec === 'vp9' ? ['-c:v', 'libvpx-vp9'] : []),
    ...['-f', 'ivf', '-copyts', '-i', 'pipe:0'],
    ...['-fps_mode', 'passthrough', '-enc_time_base', `1:${decoderTimebase}`],
    // Without it there is a thread for each core, for pictures that are too small to be shared.
    ...[
      '-filter_threads',
      '1',
      '-vf',
      filters(shape),
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'rawvideo',
      '-threads',
      '1',
    ],
    ...['-avioflags', 'direct', '-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'],
  ];
}

/** Colours become BT.601 with limited range, whatever the sender used; FFmpeg does this again whenever the source changes. */
const colours = 'out_color_matrix=bt601:out_range=tv';
/** Narrower pictures come from larger ones: bilinear, which takes in all pixels then, costs half and cannot be told from bicubic. */
const sharpFrom = 480;

function filters({ size, fit, background }: Omit<DecoderSettings, 'codec'>): string {
  const { width, height } = size;
  const scaling = `flags=${width < sharpFrom ? 'bilinear' : 'bicubic'}:${colours}`;
  if (fit === 'crop') {
    const crop = `crop=w='min(iw,max(2,ih*${width}/${height}))':h='min(ih,max(2,iw*${height}/${width}))'`;
    return `${crop},scale=w=${width}:h=${height}:${scaling}`;
  }
  const w = `max(2,2*round(min(${width},${height}*iw/ih)/2))`;
  const h = `max(2,2*round(min(${height},${width}*ih/iw)/2))`;
  const place = `x='2*floor((ow-iw)/4)':y='2*floor((oh-ih)/4)'`;
  return `scale=w='${w}':h='${h}':${scaling},pad=w=${width}:h=${height}:${place}:color=${hex(background)}`;
}

const hex = ({ r, g, b }: Colour): string =>
  `0x${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
