import type { RoomConfig } from '../../common/config/schema.ts';
import type { Format, Kind } from '../../common/contract/media.ts';
import type { RoomSettings, StoredRoom } from '../../common/contract/room-settings.ts';
import { isListed, routerFormats } from '../../common/media/formats.ts';

/** What holds in a room, wherever that is written down. */
export interface RoomRules extends RoomConfig {
  /** What the store says of it; absent: it is not in the store. */
  readonly stored?: StoredRoom;
  /** Services whose tokens let in; absent: any that the portals know. */
  readonly services?: readonly string[];
  /** Codecs that may be published; absent: all that the routers have. */
  readonly formats?: Readonly<Record<Kind, readonly Format[]>>;
}

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
    stored,
    services: [...new Set([service, ...operators])],
    ...(formats === undefined ? {} : { formats }),
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
