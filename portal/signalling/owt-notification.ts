import type { NotificationPayload } from '../../common/contract/client.ts';
import type { LogEntry } from '../../common/contract/log.ts';
import type { Outgoing } from './wire.ts';

/**
 * A notification as OWT clients know it (OWT 4): five events, without what was added to them since.
 * @returns undefined when OWT has no such notification.
 */
export function toOwt(event: LogEntry['event']): Outgoing | undefined {
  switch (event.name) {
    case 'participant':
      return participant(event.data);
    case 'stream':
      return stream(event.data);
    case 'text': {
      const { from, to, message } = event.data;
      return { name: 'text', args: [{ from, to, message }] };
    }
    case 'progress':
      return { name: 'progress', args: [progress(event.data)] };
    case 'drop':
      return { name: 'drop', args: [] };
    case 'room':
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

function stream(payload: NotificationPayload<'stream'>): Outgoing | undefined {
  const { id, status } = payload;
  switch (status) {
    case 'add':
      return { name: 'stream', args: [payload] };
    case 'remove':
      return { name: 'stream', args: [{ id, status }] };
    case 'update': {
      const { field, value } = payload.data;
      // An interrupted stream comes back under its id or is removed; OWT has no word for the time in between.
      if (field === 'status') return undefined;
      return { name: 'stream', args: [{ id, status, data: { field, value } }] };
    }
  }
}

function progress({ id, sessionId, status, data }: NotificationPayload<'progress'>): unknown {
  if (data === undefined) return { id, sessionId, status };
  return { id, sessionId, status, data: typeof data === 'string' ? data : data.reason };
}
