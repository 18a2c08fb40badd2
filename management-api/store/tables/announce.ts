import type { RoomId } from '../../../common/contract/ids.ts';
import type { RoomEvent } from '../../../common/contract/management.ts';
import type { Engine, Statement } from '../database/database.ts';
import { holdQueue, keepRows, nextPlace } from './queues.ts';

export interface Announcement {
  readonly type: RoomEvent['type'];
  readonly body: string;
}

export interface Announcements {
  readonly service: string;
  readonly room: RoomId;
  readonly now: number;
  readonly announcements: readonly Announcement[];
}

/** Makes each event a delivery for each enabled webhook of the service that wants it. */
export function announce(engine: Engine, all: Announcements): Statement[] {
  const { service, room, now, announcements } = all;
  if (announcements.length === 0) return [];
  const types = [...new Set(announcements.map(({ type }) => type))];
  const anyOf = types.map(() => wants).join(' OR ');
  return [
    // From here on all statements see the same webhooks.
    { sql: `SELECT id FROM webhooks WHERE service = ? ${keepRows(engine)}`, values: [service] },
    {
      sql: `INSERT INTO delivery_queues (webhook, room, due_at, leased_until)
            SELECT w.id, ?, ?, 0 FROM webhooks w WHERE w.service = ? AND w.enabled = 1 AND (${anyOf}) ${holdQueue}`,
      values: [room, now, service, ...types.map(pattern)],
    },
    ...announcements.map((announcement) => deliver(announcement, all)),
  ];
}

/** Only where there is a queue: a webhook that was made in this moment begins with the next report. */
const deliver = ({ type, body }: Announcement, { service, room, now }: Announcements): Statement => ({
  sql: `INSERT INTO deliveries
          (webhook, service, room, type, body, created_at, place, attempts, next_at, state)
        SELECT w.id, w.service, q.room, ?, ?, ?, ${nextPlace('w.id')}, 0, ?, 'waiting'
        FROM webhooks w JOIN delivery_queues q ON q.webhook = w.id AND q.room = ?
        WHERE w.service = ? AND w.enabled = 1 AND ${wants}`,
  values: [type, body, now, room, now, room, service, pattern(type)],
});

const wants = "(w.events = '' OR w.events LIKE ?)";
const pattern = (type: string): string => `%,${type},%`;
