import type { Engine, Statement, Value } from '../database/database.ts';

/** A webhook and a room: what happens in one is delivered to the other in order. */
export interface Queue {
  readonly webhook: string;
  readonly room: string;
}

/** Its oldest waiting delivery. */
export const headOf = (queue: string, column: string): string =>
  `(SELECT h.${column} FROM deliveries h
    WHERE h.webhook = ${queue}.webhook AND h.room = ${queue}.room AND h.state = 'waiting'
    ORDER BY h.place, h.id LIMIT 1)`;

const ofQueue = 'webhook = ? AND room = ?';

/** Ends a lease; needed: the lease may have ended by itself and be another one's now. */
export const endLease = ({ webhook, room }: Queue, lease: string): Statement => ({
  sql: `UPDATE delivery_queues SET leased_until = 0, lease = NULL WHERE ${ofQueue} AND lease = ?`,
  values: [webhook, room, lease],
  needed: true,
});

/** Goes on to what is now the oldest, or forgets the queue. To follow a statement that holds its row. */
export function advance({ webhook, room }: Queue): Statement[] {
  const values: Value[] = [webhook, room];
  const head = headOf('delivery_queues', 'next_at');
  return [
    { sql: `DELETE FROM delivery_queues WHERE ${ofQueue} AND ${head} IS NULL`, values },
    { sql: `UPDATE delivery_queues SET due_at = ${head} WHERE ${ofQueue}`, values },
  ];
}

/** Changes nothing of a queue that is there, but holds its row till the end of the transaction. */
export const holdQueue =
  'ON CONFLICT (webhook, room) DO UPDATE SET leased_until = delivery_queues.leased_until';

/** After a `SELECT`: leaves out rows that others hold. SQLite has one writer at a time. */
export const skipHeld = (engine: Engine, table: string): string =>
  engine === 'postgres' ? `FOR UPDATE OF ${table} SKIP LOCKED` : '';

/** After a `SELECT`: nobody changes these rows before the end of the transaction. */
export const keepRows = (engine: Engine): string => (engine === 'postgres' ? 'FOR SHARE' : '');

/** The place after all that wait. */
export const nextPlace = (webhook: string): string =>
  `(SELECT COALESCE(MAX(l.place), 0) + 1 FROM deliveries l
    WHERE l.webhook = ${webhook} AND l.room = ? AND l.state = 'waiting')`;
