import type { Database } from '../database/database.ts';
import { Grouper } from '../grouper.ts';
import { ms, numberAfter, pageOf, present, when, where } from '../rows.ts';
import type { Audit, AuditEntry, Page, PageRequest } from '../store.ts';

interface Row {
  id: number;
  noted_at: number;
  service: string;
  user_name: string | null;
  action: string;
  room: string | null;
  target: string | null;
  detail: string | null;
}

const columns = ['noted_at', 'service', 'user_name', 'action', 'room', 'target', 'detail'];

type NewEntry = Omit<AuditEntry, 'id'>;

export class AuditTable implements Audit {
  readonly #database: Database;
  readonly #arriving: Grouper<NewEntry>;

  constructor(database: Database) {
    this.#database = database;
    this.#arriving = new Grouper(async (entries) => {
      await database.insert({ table: 'audit', columns, rows: entries.map(toColumns) });
    });
  }

  async add(entry: NewEntry): Promise<void> {
    await this.#arriving.add(entry);
  }

  async list(filter: { service?: string; room?: string }, page: PageRequest): Promise<Page<AuditEntry>> {
    const wanted = where(
      when('service = ?', filter.service),
      when('room = ?', filter.room),
      when('id < ?', numberAfter(page.after)),
    );
    const sql = `SELECT * FROM audit ${wanted.sql} ORDER BY id DESC LIMIT ?`;
    const rows = await this.#database.read<Row>(sql, [...wanted.values, page.limit + 1]);
    return pageOf(rows, page, { item: read, position: ({ id }) => String(id) });
  }
}

const toColumns = ({ at, service, user, action, room, target, detail }: NewEntry) => [
  ...[ms(at), service, user ?? null, action, room ?? null, target ?? null],
  detail === undefined ? null : JSON.stringify(detail),
];

const read = (row: Row): AuditEntry =>
  present<AuditEntry>({
    id: row.id,
    at: row.noted_at,
    service: row.service,
    user: row.user_name,
    action: row.action,
    room: row.room,
    target: row.target,
    detail: row.detail === null ? null : (JSON.parse(row.detail) as unknown),
  });
