import type { Tracks } from '../unit.ts';

/**
 * Options of an input that is live Matroska on stdin: everything that FFmpeg needs to know stands in its header.
 *
 * Of two codecs FFmpeg's own decoder will not do. That of VP9 takes only the lowest spatial layer of an access unit without
 * superframe index. That of Opus gives noise for good once the sound changed from one mode of Opus to another (5.1), as it
 * does with every packet of silence in a place where none came.
 */
export function matroskaInput({ audio, video }: Tracks, options: readonly string[] = []): string[] {
  return [
    ...['-analyzeduration', '0', '-probesize', '32', ...options],
    ...(video?.codec === 'vp9' ? ['-c:v', 'libvpx-vp9'] : []),
    ...(audio?.codec === 'opus' ? ['-c:a', 'libopus'] : []),
    ...['-f', 'matroska', '-i', 'pipe:0'],
  ];
}
