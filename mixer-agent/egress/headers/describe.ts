import type { VideoCodec } from '../../mix/media.ts';
import type { AudioTrack, VideoTrack } from '../unit.ts';
import { av1Header } from './av1.ts';
import { h264Header } from './h264.ts';
import { vp8Size } from './vp8.ts';
import { vp9Size } from './vp9.ts';

/** The track that begins with a key frame; undefined: its header cannot be read. */
export function describeVideo(codec: VideoCodec, keyFrame: Uint8Array): VideoTrack | undefined {
  if (codec === 'h264') {
    const header = h264Header(keyFrame);
    return header && { kind: 'video', codec, size: header.size, config: header.avcC };
  }
  if (codec === 'av1') {
    const header = av1Header(keyFrame);
    return header && { kind: 'video', codec, size: header.size, config: header.av1C };
  }
  const size = codec === 'vp8' ? vp8Size(keyFrame) : vp9Size(keyFrame);
  return size && { kind: 'video', codec, size };
}

/**
 * Opus as it comes over RTP: 48 kHz, two channels whatever was sent (RFC 7587, 7), and nothing to skip at the beginning
 * (RFC 7845, 5.1), as it begins in the middle of a call.
 */
export const opusTrack: AudioTrack = {
  kind: 'audio',
  codec: 'opus',
  sampleRate: 48_000,
  channels: 2,
  config: Uint8Array.from([...Buffer.from('OpusHead', 'latin1'), 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]),
};
