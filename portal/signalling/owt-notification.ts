import type { NotificationPayload, StreamUpdate } from '../../common/contract/client.ts';
import type { LogEntry } from '../../common/contract/log.ts';
import { toOwtStream, type OwtProtocol } from './owt-stream.ts';
import type { Outgoing } from './wire.ts';

/**
 * A notification as OWT clients know it (OWT 4): five events, without what was added to them since.
 * @returns undefined when OWT has no such notification.
 */
export function toOwt(event: LogEntry['event'], protocol: OwtProtocol): Outgoing | undefined {
  switch (event.name) {
    case 'participant':
      return participant(event.data);
    case 'stream':
      return stream(event.data, protocol);
    case 'text': {
      const { from, to, message } = event.data;
      return { name: 'text', args: [{ from, to, message }] };
    }
    case 'progress':
      return { name: 'progress', args: [progress(event.data)] };
    case 'drop':
      return { name: 'drop', args: [] };
    case 'room':
    case 'recording':
    case 'speaking':
    case 'layers':
    case 'quality':
    case 'permission':
    case 'portals':
      return undefined;
  }
}

/** Whether OWT clients may receive it twice: a second leave or update changes nothing, a second stream does (OWT 2.5). */
export function isRepeatable({ name, data }: LogEntry['event']): boolean {
  return (name === 'participant' && data.action === 'leave') || (name === 'stream' && data.status !== 'add');
}

function participant(payload: NotificationPayload<'participant'>): Outgoing | undefined {
  switch (payload.action) {
    case 'join': {
      const { id, user, role } = payload.data;
      return { name: 'participant', args: [{ action: 'join', data: { id, user, role } }] };
    }
    case 'leave':
      return { name: 'participant', args: [{ action: 'leave', data: payload.data }] };
    // Others come and go in OWT; in between there is nothing.
    case 'connection':
      return undefined;
  }
}

function stream(payload: NotificationPayload<'stream'>, protocol: OwtProtocol): Outgoing | undefined {
  const { id, status } = payload;
  switch (status) {
    case 'add':
      return { name: 'stream', args: [{ id, status, data: toOwtStream(payload.data, protocol) }] };
    case 'remove':
      return { name: 'stream', args: [{ id, status }] };
    case 'update': {
      const data = update(payload.data, protocol);
      return data === undefined ? undefined : { name: 'stream', args: [{ id, status, data }] };
    }
  }
}

function update(change: StreamUpdate, protocol: OwtProtocol): { field: string; value: unknown } | undefined {
  const { field, value } = change;
  switch (field) {
    // An interrupted stream comes back under its id or is removed; OWT has no word for the time in between. Nor does it
    // tell in which views a stream is shown: their layouts say that; nor what decides about these.
    case 'status':
    case 'inViews':
    case 'layoutMode':
      return undefined;
    case '.':
      return { field, value: toOwtStream(value, protocol) };
    case 'audio.status':
    case 'video.status':
    case 'video.layout':
    case 'activeInput':
      return { field, value };
  }
}

function progress({ id, sessionId, status, data }: NotificationPayload<'progress'>): unknown {
  if (data === undefined) return { id, sessionId, status };
  return { id, sessionId, status, data: typeof data === 'string' ? data : data.reason };
}
