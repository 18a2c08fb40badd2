import {
  MemberId,
  ParticipantId,
  StreamId,
  SubscriptionId,
  TokenId,
  TrackId,
} from '../../../../common/contract/ids.ts';
import type { ManagedParticipant, ManagedSubscription } from '../../../../common/contract/management.ts';
import { ForwardStreamInfo, MixedStreamInfo } from '../../../../common/contract/media.ts';

export const participant = (id: string): ManagedParticipant => ({
  id: ParticipantId.parse(id),
  user: 'ann',
  role: 'presenter',
  permission: { publish: { audio: true, video: true }, subscribe: { audio: true, video: true } },
  joinedAt: 1,
  connection: 'ok',
  token: TokenId.parse('t1'),
  portal: MemberId.parse('portal-1'),
});

const track = (id: string, type: 'audio' | 'video') => ({
  ...{ id, type, status: 'active', source: type === 'audio' ? 'mic' : 'camera', optional: { format: [] } },
  format: { codec: type === 'audio' ? 'opus' : 'vp8' },
});

export const stream = (
  id: string,
  kinds: readonly ('audio' | 'video')[] = ['audio', 'video'],
): ForwardStreamInfo =>
  ForwardStreamInfo.parse({
    ...{ id, type: 'forward', status: 'active', data: false },
    media: { tracks: kinds.map((kind, n) => track(`${id}-${n}`, kind)) },
    info: { owner: 'p1', type: 'webrtc', inViews: [], attributes: { name: 'x' } },
  });

const hd = { resolution: { width: 1280, height: 720 }, framerate: 24 };

export const mixedStream = (
  id: string,
  info: Omit<MixedStreamInfo['info'], 'activeInput'>,
): MixedStreamInfo =>
  MixedStreamInfo.parse({
    ...{ id, type: 'mixed', status: 'active', data: false },
    media: {
      tracks: [
        { ...track(`${id}-0`, 'audio'), source: 'mixed' },
        { ...track(`${id}-1`, 'video'), source: 'mixed', parameters: hd },
      ],
    },
    info: { activeInput: 'unknown', ...info },
  });

export const subscription = (id: string): ManagedSubscription => ({
  id: SubscriptionId.parse(id),
  participant: ParticipantId.parse('p1'),
  agent: MemberId.parse('access-1'),
  tracks: [{ id: TrackId.parse('s1-0'), stream: StreamId.parse('s1'), type: 'audio', paused: false }],
});
