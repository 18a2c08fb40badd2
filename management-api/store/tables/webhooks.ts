import { RoomEvent } from '../../../common/contract/management.ts';
import { change, returning, type Database } from '../database/database.ts';
import type { Webhook, Webhooks } from '../store.ts';

interface Row {
  id: string;
  service: string;
  url: string;
  /** Types between commas (`,room_started,room_ended,`); empty: all. */
  events: string;
  enabled: number;
  created_at: number;
}

type EventType = RoomEvent['type'];

const eventTypes: ReadonlySet<string> = new Set(
  RoomEvent.options.map(({ shape }) => shape.type.value satisfies EventType),
);

export class WebhookTable implements Webhooks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(service: string): Promise<Webhook[]> {
    const sql = 'SELECT * FROM webhooks WHERE service = ? ORDER BY created_at, id';
    return (await this.#database.read<Row>(sql, [service])).map(read);
  }

  async get(id: string, service: string): Promise<Webhook | undefined> {
    const sql = 'SELECT * FROM webhooks WHERE id = ? AND service = ?';
    const [row] = await this.#database.read<Row>(sql, [id, service]);
    return row === undefined ? undefined : read(row);
  }

  async create(webhook: Omit<Webhook, 'createdAt'>): Promise<Webhook> {
    const { id, service, url, events, enabled } = webhook;
    const createdAt = Date.now();
    await this.#database.write([
      {
        sql: 'INSERT INTO webhooks (id, service, url, events, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        values: [id, service, url, listOf(events), Number(enabled), createdAt],
      },
    ]);
    return { ...webhook, createdAt };
  }

  async update(
    id: string,
    service: string,
    { url, events, enabled }: Partial<Pick<Webhook, 'url' | 'events' | 'enabled'>>,
  ): Promise<Webhook | undefined> {
    const [row] = await returning<Row>(
      this.#database,
      `UPDATE webhooks SET url = COALESCE(?, url), events = COALESCE(?, events), enabled = COALESCE(?, enabled)
       WHERE id = ? AND service = ? RETURNING *`,
      [
        url ?? null,
        events === undefined ? null : listOf(events),
        enabled === undefined ? null : Number(enabled),
        ...[id, service],
      ],
    );
    return row === undefined ? undefined : read(row);
  }

  /** What it has not received goes with it. */
  async delete(id: string, service: string): Promise<boolean> {
    const sql = 'DELETE FROM webhooks WHERE id = ? AND service = ?';
    return (await change(this.#database, sql, [id, service])) === 1;
  }
}

const listOf = (events: readonly EventType[]): string => (events.length === 0 ? '' : `,${events.join(',')},`);

/** Types that a later version knew are left out. */
const isEventType = (text: string): text is EventType => eventTypes.has(text);

const read = (row: Row): Webhook => ({
  id: row.id,
  service: row.service,
  url: row.url,
  events: row.events.split(',').filter(isEventType),
  enabled: row.enabled === 1,
  createdAt: row.created_at,
});
