import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressChange, ManagedEgress } from '../../common/contract/management.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { MediaSubscriptionPatch } from '../schemas/media-requests.ts';
import { bitrateOf, over, type VideoEncode } from './asked-media.ts';

/**
 * What a patch of a recording or live stream (OWT 7.5) asks of the room. Sizes and rates are one change, as they belong
 * together.
 *
 * @throws PorticoError `track_not_found` where it has no such track; `field` such as `[0].path`
 */
export function askedChanges(patch: MediaSubscriptionPatch, egress: ManagedEgress): EgressChange[] {
  const changes: EgressChange[] = [];
  const encode: VideoEncode = {};
  let factor: string | undefined;
  for (const [index, operation] of patch.entries()) {
    const kind: Kind = operation.path.startsWith('/media/audio/') ? 'audio' : 'video';
    if (egress[kind] === undefined) {
      const sentence = `'${egress.id}' was begun without ${kind}`;
      throw new PorticoError('track_not_found', sentence, { field: `[${index}].path` });
    }
    switch (operation.path) {
      case '/media/audio/from':
      case '/media/video/from':
        changes.push({ change: 'from', kind, from: operation.value });
        break;
      case '/media/audio/status':
      case '/media/video/status':
        changes.push({ change: 'status', kind, status: operation.value });
        break;
      case '/media/video/parameters/keyFrameInterval':
        changes.push({ change: 'keyFrameInterval', seconds: operation.value });
        break;
      case '/media/video/parameters/resolution':
        encode.resolution = operation.value;
        break;
      case '/media/video/parameters/framerate':
        encode.framerate = operation.value;
        break;
      case '/media/video/parameters/bitrate':
        if (typeof operation.value === 'string') factor = operation.value;
        else encode.bitrate = operation.value;
        break;
    }
  }
  if (factor !== undefined) encode.bitrate = bitrateOf(factor, pictureAfter(encode, egress));
  return Object.keys(encode).length === 0 ? changes : [...changes, { change: 'encode', encode }];
}

const pictureAfter = (encode: VideoEncode, { video }: ManagedEgress) =>
  over({ format: video?.format, parameters: video?.parameters }, { ...video?.encode, ...encode });
