import type { NotificationPayload, RoomSnapshot, StreamInfo } from '../../../../client/sdk/wire.ts';

/*
 * Rooms as the server describes them. Ids are plain strings here and branded on the wire, hence the casts.
 */

export function streamInfo(
  id: string,
  owner: string,
  change: { muted?: boolean; codec?: string } = {},
): StreamInfo {
  const { muted = false, codec = 'vp8' } = change;
  return {
    id,
    type: 'forward',
    status: 'active',
    media: {
      tracks: [
        {
          id: `${id}-0`,
          type: 'audio',
          source: 'mic',
          status: 'active',
          format: { codec: 'opus' },
          optional: { format: [] },
        },
        {
          id: `${id}-1`,
          type: 'video',
          source: 'camera',
          status: muted ? 'inactive' : 'active',
          format: { codec },
          layers: { spatial: 3, temporal: 3, type: 'simulcast' },
          parameters: { resolution: { width: 1280, height: 720 } },
          optional: { format: [] },
        },
      ],
    },
    data: false,
    info: { owner, type: 'webrtc', inViews: [], attributes: {} },
  } as unknown as StreamInfo;
}

export const snapshot = (participants: string[], streams: StreamInfo[] = []): RoomSnapshot =>
  ({
    id: 'demo',
    views: [],
    participants: participants.map((id) => ({ id, user: `user of ${id}`, role: 'presenter' })),
    streams,
  }) as unknown as RoomSnapshot;

export const payload = {
  participant: (value: unknown) => value as NotificationPayload<'participant'>,
  stream: (value: unknown) => value as NotificationPayload<'stream'>,
};
