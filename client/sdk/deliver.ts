import { bothDirections } from './media-link.ts';
import { MixedStream } from './stream.ts';
import type { MediaLink } from './media-link.ts';
import type { RoomChange, RoomState } from './room-state.ts';
import type { Sessions } from './sessions.ts';
import type { RecentTexts } from './recent-texts.ts';
import type { ConferenceEvents, Permission } from './types.ts';
import type { Notification, NotificationPayload } from './wire.ts';

/** Those whom a notification may concern. */
export interface Recipients {
  room: RoomState;
  sessions: Sessions;
  link: MediaLink;
  emit: <N extends keyof ConferenceEvents>(name: N, event: ConferenceEvents[N]) => void;
  texts: RecentTexts;
  /** This participant may do other things than before. */
  permit: (permission: Permission) => void;
}

/** Brings a notification to whom it concerns: the picture of the room, own sessions, the application. */
export function deliver(notification: Notification, to: Recipients): void {
  const { room, sessions, emit } = to;
  switch (notification.name) {
    case 'participant':
      changed(room.participant(notification.data), to);
      break;
    case 'stream':
      changed(room.stream(notification.data), to);
      break;
    case 'recording':
      changed(room.recordings.notified(notification.data), to);
      break;
    case 'room':
      changed(room.replace(notification.data), to);
      break;
    case 'text':
      if (to.texts.isNew(notification.data)) emit('text', notification.data as ConferenceEvents['text']);
      break;
    case 'speaking':
      emit('speaking', notification.data);
      break;
    case 'progress':
      progress(notification.data, to);
      break;
    case 'layers':
      sessions.layers(notification.data);
      break;
    case 'quality':
      sessions.quality(notification.data);
      break;
    case 'permission':
      to.permit(notification.data.permission as Permission);
      break;
    case 'drop':
    case 'portals':
      // They concern the connection, which deals with them itself.
      break;
  }
}

function progress({ sessionId, status, data }: NotificationPayload<'progress'>, to: Recipients): void {
  if (status === 'ready' || typeof data !== 'object') return;
  if (data.transports) to.link.lose(bothDirections, data.reason, { told: true });
  else to.sessions.ended(sessionId, data.reason);
}

/** Tells whom changes concern. */
export function changed(
  changes: RoomChange[],
  { sessions, emit }: Pick<Recipients, 'sessions' | 'emit'>,
): void {
  for (const change of changes) {
    switch (change.name) {
      case 'ownTrack':
        sessions.publications.get(change.id)?.remoteMute(change.kind, change.muted, change.by);
        break;
      case 'ownViews':
        sessions.publications.get(change.id)?.remoteViews(change.views);
        break;
      case 'ownStreamRemoved':
        sessions.ownStreamRemoved(change.id, change.reason);
        break;
      case 'streamRemoved':
        emit(change.name, change.event);
        sessions.streamRemoved(change.event.stream);
        break;
      case 'streamUpdated':
        streamUpdated(change.event, { sessions, emit });
        break;
      case 'recordingStarted':
        emit(change.name, change.event);
        break;
      case 'recordingUpdated':
        emit(change.name, change.event);
        change.event.recording.tell();
        break;
      case 'recordingEnded':
        emit(change.name, change.event);
        change.event.recording.tell();
        break;
      case 'streamAdded':
        emit(change.name, change.event);
        break;
      case 'participantJoined':
        emit(change.name, change.event);
        break;
      case 'participantUpdated':
        emit(change.name, change.event);
        break;
      case 'participantLeft':
        emit(change.name, change.event);
        break;
    }
  }
}

function streamUpdated(
  event: ConferenceEvents['streamUpdated'],
  { sessions, emit }: Pick<Recipients, 'sessions' | 'emit'>,
): void {
  const { stream, change } = event;
  emit('streamUpdated', event);
  if ((change === 'layout' || change === 'activeInput') && stream instanceof MixedStream) {
    stream.changed(change);
  }
  // Other news must not begin anew what is under way.
  if (change === 'status' && stream.status === 'active') sessions.streamActive(stream);
}
