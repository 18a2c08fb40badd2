import type { VideoCodec } from '../../mix/media.ts';

/** Options of an input that is live Matroska on stdin: everything that FFmpeg needs to know stands in its header. */
export function matroskaInput(codec: VideoCodec | undefined, options: readonly string[] = []): string[] {
  return [
    ...['-analyzeduration', '0', '-probesize', '32', ...options],
    // FFmpeg's own VP9 decoder takes only the lowest spatial layer of an access unit without superframe index.
    ...(codec === 'vp9' ? ['-c:v', 'libvpx-vp9'] : []),
    ...['-f', 'matroska', '-i', 'pipe:0'],
  ];
}
