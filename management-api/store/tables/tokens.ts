import type { RoomId, TokenId } from '../../../common/contract/ids.ts';
import { change, type Database, type Value } from '../database/database.ts';
import { Grouper } from '../grouper.ts';
import { badPosition, ms, pageOf, present, when, where, type Condition } from '../rows.ts';
import type { Page, PageRequest, TokenFilter, TokenRow, Tokens, TokenState } from '../store.ts';

interface Row {
  id: TokenId;
  service: string;
  room: RoomId;
  user_name: string;
  role: string;
  issued_at: number;
  expires_at: number;
  used_at: number | null;
  participant: string | null;
  revoked_at: number | null;
}

const columns = [
  ...['id', 'service', 'room', 'user_name', 'role', 'issued_at', 'expires_at'],
  ...['used_at', 'participant', 'revoked_at'],
];

export class TokenTable implements Tokens {
  readonly #database: Database;
  readonly #arriving: Grouper<TokenRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#arriving = new Grouper(async (tokens) => {
      await database.insert({ table: 'tokens', columns, rows: tokens.map(toColumns) });
    });
  }

  async add(token: TokenRow): Promise<void> {
    await this.#arriving.add(token);
  }

  async get(id: TokenId, service: string): Promise<TokenRow | undefined> {
    const sql = 'SELECT * FROM tokens WHERE id = ? AND service = ?';
    const [row] = await this.#database.read<Row>(sql, [id, service]);
    return row === undefined ? undefined : read(row);
  }

  async list(
    { service, room, user, state }: TokenFilter,
    page: PageRequest,
    now: number,
  ): Promise<Page<TokenRow>> {
    const wanted = where(
      when('service = ?', service),
      when('room = ?', room),
      when('user_name = ?', user),
      state === undefined ? undefined : inState(state, now),
      page.after === undefined ? undefined : olderThan(page.after),
    );
    const sql = `SELECT * FROM tokens ${wanted.sql} ORDER BY issued_at DESC, id DESC LIMIT ?`;
    const rows = await this.#database.read<Row>(sql, [...wanted.values, page.limit + 1]);
    return pageOf(rows, page, { item: read, position: (row) => `${row.issued_at}.${row.id}` });
  }

  async markUsed(id: TokenId, at: number, participant: string): Promise<void> {
    const sql = 'UPDATE tokens SET used_at = ?, participant = ? WHERE id = ? AND used_at IS NULL';
    await change(this.#database, sql, [ms(at), participant, id]);
  }
}

/** A token that was revoked is nothing else any more; one that was used does not expire. */
function inState(state: TokenState, now: number): Condition {
  const none: Value[] = [];
  switch (state) {
    case 'revoked':
      return { sql: 'revoked_at IS NOT NULL', values: none };
    case 'used':
      return { sql: 'revoked_at IS NULL AND used_at IS NOT NULL', values: none };
    case 'expired':
      return { sql: 'revoked_at IS NULL AND used_at IS NULL AND expires_at <= ?', values: [now] };
    case 'issued':
      return { sql: 'revoked_at IS NULL AND used_at IS NULL AND expires_at > ?', values: [now] };
  }
}

function olderThan(after: string): Condition {
  const [, issuedAt, id] = /^(\d{1,15})\.(.+)$/.exec(after) ?? [];
  if (issuedAt === undefined || id === undefined) throw badPosition();
  return {
    sql: 'issued_at < ? OR (issued_at = ? AND id < ?)',
    values: [Number(issuedAt), Number(issuedAt), id],
  };
}

const toColumns = (token: TokenRow): Value[] => [
  ...[token.id, token.service, token.room, token.user, token.role],
  ...[ms(token.issuedAt), ms(token.expiresAt)],
  token.usedAt === undefined ? null : ms(token.usedAt),
  token.participant ?? null,
  token.revokedAt === undefined ? null : ms(token.revokedAt),
];

const read = (row: Row): TokenRow =>
  present<TokenRow>({
    id: row.id,
    service: row.service,
    room: row.room,
    user: row.user_name,
    role: row.role,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    participant: row.participant,
    revokedAt: row.revoked_at,
  });
