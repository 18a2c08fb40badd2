import type { Tracks } from '../unit.ts';

/** Options of an input that is live Matroska on stdin: everything that FFmpeg needs to know stands in its header. */
export function matroskaInput({ audio, video }: Tracks, options: readonly string[] = []): string[] {
  return [
    ...['-analyzeduration', '0', '-probesize', '32', ...options],
    // FFmpeg's own VP9 decoder takes only the lowest spatial layer of an access unit without superframe index.
    ...(video?.codec === 'vp9' ? ['-c:v', 'libvpx-vp9'] : []),
    // FFmpeg's own Opus decoder goes wrong where an encoder changes between its modes: seconds are almost silent, or far too loud.
    ...(audio?.codec === 'opus' ? ['-c:a', 'libopus'] : []),
    ...['-f', 'matroska', '-i', 'pipe:0'],
  ];
}
