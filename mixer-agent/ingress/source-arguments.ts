import type { RoutedSource } from './gateway.ts';
import type { IngressSource } from './protocol.ts';

/** Looking longer than this for tracks that were announced and do not come delays all others, us. */
const analyzeUs = 2_000_000;
/** A track that pauses holds up the other one for so long, us. */
const interleaveUs = 100_000;
/** All times are so much later, s: a track may begin before zero, which NUT cannot say. */
const timeOffset = 10;

/** Kinds of containers: those of media alone, none that names other files, devices or scripts. */
const media =
  'mov,mp4,matroska,webm,flv,live_flv,mpegts,mpeg,ogg,wav,mp3,aac,ac3,eac3,flac,avi,ivf,h264,hevc,obu,nut,asf,aiff,m4v';
const containers: Readonly<Record<string, string>> = {
  rtsp: 'rtsp,rtp,sdp',
  rtsps: 'rtsp,rtp,sdp',
  // What playlists lead to is checked against the same list.
  http: `${media},hls,applehttp`,
  https: `${media},hls,applehttp`,
};

/**
 * FFmpeg that fetches a source and gives its first picture and sound as they are, as NUT, on its stdout. It is not told to
 * read at a certain pace: whoever reads it holds it back.
 */
export function sourceArguments(source: RoutedSource): string[] {
  const { scheme, input, protocols, loop, audio, video, options } = source;
  const repeats = loop && ['file', 'http', 'https'].includes(scheme);
  return [
    ...['-protocol_whitelist', protocols, '-format_whitelist', containers[scheme] ?? media],
    ...['-analyzeduration', String(analyzeUs)],
    ...transport(source),
    ...options,
    ...(repeats ? ['-stream_loop', '-1'] : []),
    ...['-i', input],
    // Not pictures that are attached to a piece of music.
    ...(video === false ? [] : ['-map', '0:V:0?']),
    ...(audio === false ? [] : ['-map', '0:a:0?']),
    ...['-c', 'copy', '-avoid_negative_ts', 'disabled', '-output_ts_offset', String(timeOffset)],
    ...['-max_interleave_delta', String(interleaveUs), '-avioflags', 'direct'],
    ...['-f', 'nut', '-write_index', '0', '-flush_packets', '1', 'pipe:1'],
  ];
}

function transport({ scheme, transportProtocol, bufferSize }: IngressSource): string[] {
  if (scheme !== 'rtsp' && scheme !== 'rtsps') return [];
  const udp = transportProtocol === 'udp' && scheme === 'rtsp';
  return ['-rtsp_transport', udp ? 'udp' : 'tcp', ...(udp ? ['-buffer_size', String(bufferSize)] : [])];
}
