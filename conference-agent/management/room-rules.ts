import type { RoomConfig } from '../../common/config/schema.ts';
import type { Format, Kind } from '../../common/contract/media.ts';
import { RoomSettings, type StoredRoom } from '../../common/contract/room-settings.ts';
import { isListed, routerFormats } from '../../common/media/formats.ts';
import type { Variants } from '../views/variants.ts';

/** What holds in a room, wherever that is written down. */
export interface RoomRules extends RoomConfig {
  /** What the store says of it; absent: it is not in the store. */
  readonly stored?: StoredRoom;
  /** Services whose tokens let in; absent: any that the portals know. */
  readonly services?: readonly string[];
  /** Codecs that may be published; absent: all that the routers have. */
  readonly formats?: Readonly<Record<Kind, readonly Format[]>>;
  /** What may be asked of mixed pictures besides what their views are configured with; absent: `anyVariant`. */
  readonly variants?: Variants;
}

/** All that a room of the store offers at most, unless it says otherwise. */
export const anyVariant: Variants = RoomSettings.parse({ name: 'any' }).mediaOut.video.parameters;

/**
 * The rules of a room of the store.
 * @param operators services of the operator, whose tokens let in everywhere
 */
export function rulesOf(stored: StoredRoom, operators: readonly string[]): RoomRules {
  const { settings, service } = stored;
  const formats = formatsOf(settings.mediaIn);
  return {
    participant_limit: settings.participantLimit,
    input_limit: settings.inputLimit,
    roles: settings.roles,
    notify_participants: settings.notifying.participantActivities,
    notify_streams: settings.notifying.streamChange,
    views: settings.views,
    auto_mix: settings.autoMix,
    auto_record: settings.autoRecord,
    variants: variantsOf(settings),
    stored,
    services: [...new Set([service, ...operators])],
    ...(formats === undefined ? {} : { formats }),
  };
}

/** Each list only when the room has its switch on (OWT 5.2). */
function variantsOf({ mediaOut, transcoding }: RoomSettings): Variants {
  const { resolution, framerate, bitrate, keyFrameInterval } = mediaOut.video.parameters;
  const { parameters } = transcoding.video;
  return {
    resolution: parameters.resolution ? resolution : [],
    framerate: parameters.framerate ? framerate : [],
    bitrate: parameters.bitrate ? bitrate : [],
    keyFrameInterval: parameters.keyFrameInterval ? keyFrameInterval : [],
  };
}

/** What of the routers' codecs a room takes; undefined: all, so that nothing need be looked at. */
function formatsOf(mediaIn: RoomSettings['mediaIn']): RoomRules['formats'] {
  const taken = {
    audio: routerFormats.audio.filter((format) => isListed(format, mediaIn.audio.map(toFormat))),
    video: routerFormats.video.filter((format) => isListed(format, mediaIn.video.map(toFormat))),
  };
  const isAll = (kind: Kind) => taken[kind].length === routerFormats[kind].length;
  return isAll('audio') && isAll('video') ? undefined : taken;
}

const toFormat = ({ codec, profile }: { codec: string; profile?: string | undefined }): Format =>
  profile === undefined ? { codec } : { codec, profile };
