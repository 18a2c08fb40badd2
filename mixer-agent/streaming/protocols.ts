import type { LiveProtocol } from '../../common/contract/egress.ts';

/** Schemes of addresses that a protocol is sent to. */
export const outputSchemes: Readonly<Record<LiveProtocol, readonly string[]>> = {
  rtmp: ['rtmp', 'rtmps'],
  rtsp: ['rtsp', 'rtsps'],
  srt: ['srt'],
  hls: ['http', 'https'],
  dash: ['http', 'https'],
};

/**
 * Schemes of addresses that streams are fetched from, each with the protocols of FFmpeg (`-protocol_whitelist`) that it
 * may open for it. So a playlist from the network cannot make it read a file of this machine.
 */
export const inputSchemes: Readonly<Record<string, string>> = {
  rtsp: 'rtp,rtcp,udp,tcp',
  rtsps: 'rtp,rtcp,srtp,udp,tcp,tls',
  rtmp: 'rtmp,tcp',
  rtmps: 'rtmps,rtmp,tls,tcp',
  srt: 'srt',
  http: 'http,https,httpproxy,tls,tcp,crypto',
  https: 'http,https,httpproxy,tls,tcp,crypto',
  file: 'file',
};

/** What an address is meant for (OWT 7.3 guesses the same way); undefined: it does not say. */
export function protocolOf(url: string): LiveProtocol | undefined {
  const match = /^([a-z]+):\/\/[^?#]*/i.exec(url);
  const scheme = match?.[1]?.toLowerCase() ?? '';
  const path = match?.[0].toLowerCase() ?? '';
  if (outputSchemes.rtmp.includes(scheme)) return 'rtmp';
  if (outputSchemes.rtsp.includes(scheme)) return 'rtsp';
  if (scheme === 'srt') return 'srt';
  if (!outputSchemes.hls.includes(scheme)) return undefined;
  if (path.endsWith('.m3u8')) return 'hls';
  return path.endsWith('.mpd') ? 'dash' : undefined;
}
