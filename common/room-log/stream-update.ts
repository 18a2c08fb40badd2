import type { StreamUpdate } from '../contract/client.ts';
import type { MixedStreamInfo, StreamInfo } from '../contract/media.ts';

/**
 * A stream after an update that names one field (OWT 4). What does not belong to its kind (a layout of a forward stream)
 * leaves it as it is. Pure, and free of schemas: browsers use it, too.
 */
export function updateStream(info: StreamInfo, update: StreamUpdate): StreamInfo {
  switch (update.field) {
    case '.':
      return update.value;
    case 'status':
      return { ...info, status: update.value };
    case 'audio.status':
      return withTrackStatus(info, 'audio', update.value);
    case 'video.status':
      return withTrackStatus(info, 'video', update.value);
    case 'inViews':
      return info.type === 'forward' ? { ...info, info: { ...info.info, inViews: update.value } } : info;
    case 'video.layout':
      return withMix(info, { layout: update.value });
    case 'activeInput':
      return withMix(info, { activeInput: update.value });
    case 'layoutMode':
      return withMix(info, update.value);
  }
}

function withMix(stream: StreamInfo, change: Partial<MixedStreamInfo['info']>): StreamInfo {
  return stream.type === 'mixed' ? { ...stream, info: { ...stream.info, ...change } } : stream;
}

function withTrackStatus(
  info: StreamInfo,
  kind: 'audio' | 'video',
  status: 'active' | 'inactive',
): StreamInfo {
  const tracks = info.media.tracks.map((track) => (track.type === kind ? { ...track, status } : track));
  return { ...info, media: { ...info.media, tracks } };
}
