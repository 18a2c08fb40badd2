import { MemberId, ParticipantId, StreamId, TokenId } from '../../../common/contract/ids.ts';
import type { ManagedParticipant } from '../../../common/contract/management.ts';
import type { ForwardStreamInfo } from '../../../common/contract/media.ts';

export function participant(id: string): ManagedParticipant {
  return {
    id: ParticipantId.parse(id),
    user: `user of ${id}`,
    role: 'presenter',
    permission: { publish: { audio: true, video: true } },
    joinedAt: 1_000,
    connection: 'ok',
    token: TokenId.parse(`token-${id}`),
    portal: MemberId.parse('portal-1'),
  };
}

export function stream(id: string, owner: string): ForwardStreamInfo {
  return {
    id: StreamId.parse(id),
    type: 'forward',
    status: 'active',
    media: { tracks: [] },
    data: false,
    info: { owner: ParticipantId.parse(owner), type: 'webrtc', inViews: [], attributes: {} },
  };
}
