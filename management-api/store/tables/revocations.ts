import type { RoomId, TokenId } from '../../../common/contract/ids.ts';
import type { Revocation } from '../../../common/contract/management.ts';
import type { Database } from '../database/database.ts';
import { ms, present, when, where } from '../rows.ts';
import type { Revocations } from '../store.ts';

interface Row {
  id: string;
  service: string;
  token: TokenId | null;
  user_name: string | null;
  room: RoomId | null;
  revoked_at: number;
  ends_at: number;
}

export class RevocationTable implements Revocations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(revocation: Revocation): Promise<void> {
    const { id, service, token, user, room, at, until } = revocation;
    const wanted = tokensOf(revocation);
    await this.#database.write([
      {
        sql: `INSERT INTO revocations (id, service, token, user_name, room, revoked_at, ends_at)
              VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        values: [id, service, token ?? null, user ?? null, room ?? null, ms(at), Math.ceil(until)],
      },
      { sql: `UPDATE tokens SET revoked_at = ? ${wanted.sql}`, values: [ms(at), ...wanted.values] },
    ]);
  }

  /** A token that was minted elsewhere is not known here and may be for any room. */
  async of(room: RoomId, now: number): Promise<Revocation[]> {
    const rows = await this.#database.read<Row>(
      `SELECT r.* FROM revocations r LEFT JOIN tokens t ON t.id = r.token
       WHERE r.ends_at > ? AND (r.room = ? OR (r.room IS NULL AND (t.room IS NULL OR t.room = ?)))
       ORDER BY r.revoked_at, r.id`,
      [now, room, room],
    );
    return rows.map(read);
  }

  async list(service: string, now: number): Promise<Revocation[]> {
    const sql = 'SELECT * FROM revocations WHERE service = ? AND ends_at > ? ORDER BY revoked_at, id';
    return (await this.#database.read<Row>(sql, [service, now])).map(read);
  }
}

/** Of users and rooms: tokens issued until then that could still join. */
function tokensOf({ service, token, user, room, at }: Revocation): ReturnType<typeof where> {
  return where(
    when('service = ?', service),
    when('id = ?', token),
    when('user_name = ?', user),
    when('room = ?', room),
    when('issued_at <= ?', token === undefined ? ms(at) : undefined),
    when('expires_at > ?', token === undefined ? ms(at) : undefined),
    { sql: 'revoked_at IS NULL', values: [] },
  );
}

const read = (row: Row): Revocation =>
  present<Revocation>({
    id: row.id,
    service: row.service,
    token: row.token,
    user: row.user_name,
    room: row.room,
    at: row.revoked_at,
    until: row.ends_at,
  });
