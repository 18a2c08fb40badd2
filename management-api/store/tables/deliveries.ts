import { randomUUID } from 'node:crypto';
import type { RoomId } from '../../../common/contract/ids.ts';
import type { RoomEvent } from '../../../common/contract/management.ts';
import type { Database, Statement } from '../database/database.ts';
import { ms, numberAfter, pageOf, present, when, where } from '../rows.ts';
import type { Deliveries, Delivery, DeliveryState, Page, PageRequest } from '../store.ts';
import { advance, endLease, headOf, holdQueue, nextPlace, skipHeld, type Queue } from './queues.ts';

interface Row {
  id: number;
  webhook: string;
  service: string;
  room: RoomId;
  type: RoomEvent['type'];
  body: string;
  created_at: number;
  attempts: number;
  next_at: number;
  state: DeliveryState;
  last_error: string | null;
  delivered_at: number | null;
}

export class DeliveryTable implements Deliveries {
  readonly #database: Database;
  /** What this process delivers right now. */
  readonly #leases = new Map<number, Queue & { lease: string }>();

  constructor(database: Database) {
    this.#database = database;
  }

  async lease({ now, until, limit, except }: Parameters<Deliveries['lease']>[0]): Promise<Delivery[]> {
    const lease = randomUUID();
    const others = except.length === 0 ? '' : `AND w.id NOT IN (${except.map(() => '?').join(', ')})`;
    const done = await this.#database.write([
      {
        sql: `WITH due AS MATERIALIZED (
                SELECT q.webhook, q.room FROM delivery_queues q JOIN webhooks w ON w.id = q.webhook
                WHERE w.enabled = 1 AND q.due_at <= ? AND q.leased_until <= ? ${others}
                ORDER BY q.due_at LIMIT ? ${skipHeld(this.#database.engine, 'q')})
              UPDATE delivery_queues SET leased_until = ?, lease = ? FROM due
              WHERE delivery_queues.webhook = due.webhook AND delivery_queues.room = due.room`,
        values: [now, now, ...except, limit, Math.ceil(until), lease],
        needed: true,
      },
      {
        sql: `SELECT d.* FROM delivery_queues q JOIN deliveries d ON d.id = ${headOf('q', 'id')}
              WHERE q.lease = ? ORDER BY d.next_at, d.id`,
        values: [lease],
      },
    ]);
    const deliveries = ((done?.[1]?.rows ?? []) as Row[]).map(read);
    for (const { id, webhook, room } of deliveries) this.#leases.set(id, { webhook, room, lease });
    return deliveries;
  }

  async delivered(id: number, at: number): Promise<void> {
    await this.#conclude(id, {
      sql: `UPDATE deliveries SET state = 'delivered', delivered_at = ?, attempts = attempts + 1 WHERE id = ?`,
      values: [ms(at), id],
    });
  }

  async failed(id: number, error: string, nextAt?: number): Promise<void> {
    const state: DeliveryState = nextAt === undefined ? 'dead' : 'waiting';
    await this.#conclude(id, {
      sql: `UPDATE deliveries SET state = ?, last_error = ?, next_at = COALESCE(?, next_at), attempts = attempts + 1
            WHERE id = ?`,
      values: [state, error, nextAt === undefined ? null : ms(nextAt), id],
    });
  }

  async nextDue(): Promise<number | undefined> {
    const [row] = await this.#database.read<{ due: number | null }>(
      `SELECT MIN(CASE WHEN q.due_at > q.leased_until THEN q.due_at ELSE q.leased_until END) AS due
       FROM delivery_queues q JOIN webhooks w ON w.id = q.webhook WHERE w.enabled = 1`,
    );
    return row?.due ?? undefined;
  }

  async waiting(): Promise<number> {
    const sql = "SELECT COUNT(*) AS count FROM deliveries WHERE state = 'waiting'";
    const [row] = await this.#database.read<{ count: number }>(sql);
    return row?.count ?? 0;
  }

  async list(
    filter: { service: string; state?: DeliveryState; webhook?: string },
    page: PageRequest,
  ): Promise<Page<Delivery>> {
    const wanted = where(
      when('service = ?', filter.service),
      when('state = ?', filter.state),
      when('webhook = ?', filter.webhook),
      when('id < ?', numberAfter(page.after)),
    );
    const sql = `SELECT * FROM deliveries ${wanted.sql} ORDER BY id DESC LIMIT ?`;
    const rows = await this.#database.read<Row>(sql, [...wanted.values, page.limit + 1]);
    return pageOf(rows, page, { item: read, position: ({ id }) => String(id) });
  }

  async retry(id: number, service: string, now: number): Promise<boolean> {
    const sql = "SELECT * FROM deliveries WHERE id = ? AND service = ? AND state = 'dead'";
    const [found] = await this.#database.read<Row>(sql, [id, service]);
    if (found === undefined) return false;
    const { webhook, room } = found;
    const done = await this.#database.write([
      {
        sql: `INSERT INTO delivery_queues (webhook, room, due_at, leased_until) VALUES (?, ?, ?, 0) ${holdQueue}`,
        values: [webhook, room, now],
      },
      {
        sql: `UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = ?, place = ${nextPlace('?')}
              WHERE id = ? AND state = 'dead'`,
        values: [now, webhook, room, id],
        needed: true,
      },
    ]);
    return done !== undefined;
  }

  /** Says how an attempt ended; whose lease has ended meanwhile has nothing to say any more. */
  async #conclude(id: number, outcome: Statement): Promise<void> {
    const held = this.#leases.get(id);
    if (held === undefined) return;
    await this.#database.write([endLease(held, held.lease), outcome, ...advance(held)]);
    if (this.#leases.get(id) === held) this.#leases.delete(id);
  }
}

const read = (row: Row): Delivery =>
  present<Delivery>({
    id: row.id,
    webhook: row.webhook,
    service: row.service,
    room: row.room,
    type: row.type,
    body: row.body,
    createdAt: row.created_at,
    attempts: row.attempts,
    nextAt: row.next_at,
    state: row.state,
    lastError: row.last_error,
    deliveredAt: row.delivered_at,
  });
