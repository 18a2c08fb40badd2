import { PorticoError } from '../../../common/contract/errors.ts';
import type { RoomId } from '../../../common/contract/ids.ts';
import { RoomSettings } from '../../../common/contract/room-settings.ts';
import { returning, type Database, type Statement, type Value } from '../database/database.ts';
import { pageOf, when, where } from '../rows.ts';
import type { Page, PageRequest, Rooms, StoredRoomRow } from '../store.ts';

interface RoomRow {
  id: RoomId;
  service: string;
  settings: string;
  version: number;
  created_at: number;
  changed_at: number;
}

/** Attempts of a change that others get in the way of; each time one of them gets through. */
const attempts = 50;

export class RoomTable implements Rooms {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(service: string | undefined, page: PageRequest): Promise<Page<StoredRoomRow>> {
    const wanted = where(when('service = ?', service), when('id > ?', page.after));
    const rows = await this.#database.read<RoomRow>(`SELECT * FROM rooms ${wanted.sql} ORDER BY id LIMIT ?`, [
      ...wanted.values,
      page.limit + 1,
    ]);
    return pageOf(rows, page, { item: read, position: ({ id }) => id });
  }

  async listNumbered(service: string, page: number, perPage: number): Promise<StoredRoomRow[]> {
    const sql = 'SELECT * FROM rooms WHERE service = ? ORDER BY id LIMIT ? OFFSET ?';
    const rows = await this.#database.read<RoomRow>(sql, [service, perPage, (page - 1) * perPage]);
    return rows.map(read);
  }

  async count(service?: string): Promise<number> {
    const wanted = where(when('service = ?', service));
    const sql = `SELECT COUNT(*) AS count FROM rooms ${wanted.sql}`;
    const [row] = await this.#database.read<{ count: number }>(sql, wanted.values);
    return row?.count ?? 0;
  }

  async get(id: RoomId): Promise<StoredRoomRow | undefined> {
    const [row] = await this.#database.read<RoomRow>('SELECT * FROM rooms WHERE id = ?', [id]);
    return row === undefined ? undefined : read(row);
  }

  async create(room: { id: RoomId; service: string; settings: RoomSettings }): Promise<StoredRoomRow> {
    const now = Date.now();
    const [row] = await returning<RoomRow>(
      this.#database,
      `INSERT INTO rooms (id, service, settings, created_at, changed_at, version)
       VALUES (?, ?, ?, ?, ?, COALESCE((SELECT version FROM deleted_rooms WHERE id = ?), 0) + 1)
       ON CONFLICT DO NOTHING RETURNING *`,
      [room.id, room.service, JSON.stringify(room.settings), now, now, room.id],
    );
    if (row === undefined) {
      throw new PorticoError('room_exists', `a room with the id '${room.id}' exists`, { field: 'id' });
    }
    return read(row);
  }

  async update(
    id: RoomId,
    service: string,
    change: (settings: RoomSettings) => RoomSettings,
    version?: number,
  ): Promise<StoredRoomRow | undefined> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const found = await this.get(id);
      if (found?.service !== service) return undefined;
      if (version !== undefined && found.version !== version) throw changed(id, version, found.version);
      const [row] = await returning<RoomRow>(
        this.#database,
        `UPDATE rooms SET settings = ?, version = version + 1, changed_at = ?
         WHERE id = ? AND service = ? AND version = ? RETURNING *`,
        [JSON.stringify(change(found.settings)), Date.now(), id, service, found.version],
      );
      if (row !== undefined) return read(row);
    }
    throw new PorticoError('unavailable', `the room '${id}' is being changed by too many requests at a time`);
  }

  async delete(id: RoomId, service: string, version?: number): Promise<boolean> {
    const wanted = where(when('id = ?', id), when('service = ?', service), when('version = ?', version));
    const done = await this.#database.write([
      // Locks the row, so that the version that is remembered is the last one.
      { sql: `UPDATE rooms SET version = version + 1 ${wanted.sql}`, values: wanted.values, needed: true },
      buryRooms('id = ?', [id], Date.now()),
      { sql: 'DELETE FROM rooms WHERE id = ?', values: [id] },
    ]);
    if (done !== undefined) return true;
    const found = await this.get(id);
    if (found?.service !== service || version === undefined) return false;
    throw changed(id, version, found.version);
  }
}

/**
 * Remembers the versions of rooms that are about to be deleted: rooms made again under their ids go on from there, so
 * that an agent that was out of reach meanwhile does not take the older settings for the newer.
 */
export const buryRooms = (condition: string, values: readonly Value[], now: number): Statement => ({
  sql: `INSERT INTO deleted_rooms (id, version, deleted_at) SELECT id, version, ? FROM rooms WHERE ${condition}
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, deleted_at = excluded.deleted_at`,
  values: [now, ...values],
});

const changed = (id: RoomId, wanted: number, found: number): PorticoError =>
  new PorticoError('changed_meanwhile', `the room '${id}' is at version ${found}, not ${wanted}`);

function read({ id, service, settings, version, ...row }: RoomRow): StoredRoomRow {
  const parsed = RoomSettings.safeParse(JSON.parse(settings));
  if (!parsed.success) {
    throw new PorticoError(
      'internal',
      `the stored settings of the room '${id}' are not readable`,
      {},
      {
        cause: parsed.error,
      },
    );
  }
  return {
    id,
    service,
    settings: parsed.data,
    version,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
