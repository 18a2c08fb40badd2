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

/** Streams side by side. */
export const layoutOf = (...streams: string[]): unknown[] =>
  streams.map((stream, index) => ({
    stream,
    region: {
      id: String(index + 1),
      shape: 'rectangle',
      area: {
        left: `${String(index)}/${String(streams.length)}`,
        top: '0/1',
        width: `1/${String(streams.length)}`,
        height: '1/1',
      },
    },
  }));

/** The mixed stream of a view that shows these streams. */
export function mixedInfo(label: string, streams: string[] = []): StreamInfo {
  const id = `demo-${label}`;
  const parameters = { resolution: { width: 1280, height: 720 }, framerate: 24 };
  const track = { status: 'active', source: 'mixed', optional: { format: [] } };
  return {
    id,
    type: 'mixed',
    status: 'active',
    media: {
      tracks: [
        { ...track, id: `${id}-0`, type: 'audio', format: { codec: 'opus' } },
        { ...track, id: `${id}-1`, type: 'video', format: { codec: 'vp8' }, parameters },
      ],
    },
    data: false,
    info: { label, activeInput: 'unknown', layout: layoutOf(...streams) },
  } as unknown as StreamInfo;
}

export const snapshot = (participants: string[], streams: StreamInfo[] = []): RoomSnapshot =>
  ({
    id: 'demo',
    views: [],
    participants: participants.map((id) => ({ id, user: `user of ${id}`, role: 'presenter' })),
    streams,
    recordings: [],
  }) as unknown as RoomSnapshot;

export const payload = {
  participant: (value: unknown) => value as NotificationPayload<'participant'>,
  stream: (value: unknown) => value as NotificationPayload<'stream'>,
};
