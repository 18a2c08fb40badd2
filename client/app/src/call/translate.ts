import type {
  LocalParticipant,
  MixedStream,
  Publication,
  RemoteParticipant,
  RemoteStream,
} from '../../../sdk/index.ts';
import type {
  EndReason,
  LayoutChoice,
  MixView,
  Permission,
  Person,
  Self,
  StreamView,
} from '../state/types.ts';

/* From what the SDK hands out to the plain data of the state. */

export const toPermission = ({
  publish,
  subscribe,
  moderate,
}: LocalParticipant['permission']): Permission => ({
  publishAudio: publish?.audio ?? false,
  publishVideo: publish?.video ?? false,
  subscribeAudio: subscribe?.audio ?? false,
  subscribeVideo: subscribe?.video ?? false,
  moderate: moderate ?? false,
});

export const toPerson = ({ id, user, role, connection }: RemoteParticipant): Person => ({
  id,
  user,
  role,
  away: connection === 'lost',
});

export const toSelf = ({ id, user, role, permission }: LocalParticipant): Self => ({
  id,
  user,
  role,
  permission: toPermission(permission),
});

const titleOf = (stream: RemoteStream): string | null => {
  const { name } = stream.attributes;
  return typeof name === 'string' && name !== '' ? name : null;
};

/** What the role may not receive is not there for the page. */
export const toView = (stream: RemoteStream, permission: Permission): StreamView => {
  const { audio, video } = stream;
  return {
    id: stream.id,
    owner: stream.participantId ?? stream.id,
    local: false,
    audio: audio && permission.subscribeAudio ? { source: audio.source ?? 'mic', muted: audio.muted } : null,
    video:
      video && permission.subscribeVideo ? { source: video.source ?? 'camera', muted: video.muted } : null,
    interrupted: stream.status === 'interrupted',
    receiving: 'off',
    problem: null,
    title: titleOf(stream),
    inViews: stream.inViews,
  };
};

export const toMixView = (stream: MixedStream, permission: Permission): MixView => {
  const { width = 16, height = 9 } = stream.video?.parameters?.resolution ?? {};
  const { label, layout } = stream;
  return { ...toView(stream, permission), label, layout, choice: toChoice(stream), ratio: width / height };
};

/** What of the layout menu a view follows. */
export const toChoice = ({
  template,
  followsSpeaker,
}: Pick<MixedStream, 'template' | 'followsSpeaker'>): LayoutChoice | null => {
  if (template === undefined || template === 'void') return null;
  if (template === 'custom') return template;
  if (template === 'lecture') return followsSpeaker ? 'speaker' : 'lecture';
  return followsSpeaker ? null : 'grid';
};

/** A stream of our own. */
export const toOwnView = (publication: Publication, owner: string): StreamView => {
  const { source, muted } = publication;
  return {
    id: publication.id,
    owner,
    local: true,
    audio: source.audio === undefined ? null : { source: source.audio, muted: muted.audio },
    video: source.video === undefined ? null : { source: source.video, muted: muted.video },
    interrupted: publication.state === 'interrupted',
    receiving: 'live',
    problem: null,
    title: null,
    inViews: publication.views,
  };
};

const endReasons: Readonly<Record<string, EndReason>> = {
  left: 'left',
  dropped: 'removed',
  room_closed: 'room_closed',
  shutdown: 'shutdown',
  disconnected: 'lost',
  reconnect_failed: 'lost',
  reconnect_timeout: 'lost',
  replaced: 'replaced',
};

export const toEndReason = (reason: string): EndReason => endReasons[reason] ?? 'failed';
