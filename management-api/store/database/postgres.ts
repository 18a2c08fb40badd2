import pg from 'pg';
import { PorticoError } from '../../../common/contract/errors.ts';
import {
  closed,
  refused,
  unavailable,
  type Database,
  type Outcome,
  type Rows,
  type Statement,
  type Value,
} from './database.ts';
import { migrations, schemaQuestion } from './migrations.ts';

/** How long a connection may take to come about, ms. */
const connectMs = 5_000;
/** How long one statement may take, ms. */
const statementMs = 20_000;
/** Attempts of a transaction that another one got in the way of. */
const attempts = 10;
/** Of the advisory lock under which the schema is changed: 'Portico' in ASCII. */
const migrationLock = '22661430018597743';

/** Counts and instants arrive as numbers; they are far from 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : builtIn(oid, format)),
};
const builtIn = pg.types.getTypeParser.bind(pg.types) as (
  oid: number,
  format: unknown,
) => (text: string) => unknown;

/** PostgreSQL, version 12 or newer. */
export class PostgresDatabase implements Database {
  readonly engine = 'postgres';
  readonly #pool: pg.Pool;
  readonly #translated = new Map<string, string>();
  #closing: Promise<void> | undefined;

  /**
   * Connects, and brings the schema up to date.
   * @throws PorticoError `not_supported` when a newer version has written it, `unavailable` when nobody answers or lets
   *   us in
   */
  static async open(url: string, connections: number): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(url, connections);
    try {
      await database.#migrate();
      return database;
    } catch (error) {
      await database.close();
      if (error instanceof PorticoError && error.code === 'not_supported') throw error;
      const reason = error instanceof Error ? (error.cause ?? error) : error;
      const message = `PostgreSQL cannot be used: ${reason instanceof Error ? sentenceOf(reason) : String(reason)}`;
      throw new PorticoError('unavailable', message, { field: 'database.url' }, { cause: error });
    }
  }

  private constructor(url: string, connections: number) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      types,
      application_name: 'portico',
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      query_timeout: statementMs + connectMs,
      // A process that was stopped in the middle of a transaction does not hold its locks for long.
      idle_in_transaction_session_timeout: statementMs,
      keepAlive: true,
      allowExitOnIdle: true,
    });
    // Of connections at rest: the pool has dropped them, and the next query tells if there are no others.
    this.#pool.on('error', () => undefined);
  }

  async read<R extends object>(sql: string, values: readonly Value[] = []): Promise<R[]> {
    return await this.#guard(async () => {
      const { rows } = await this.#pool.query<R>(this.#translate(sql), [...values]);
      return rows;
    });
  }

  async write(statements: readonly Statement[]): Promise<Outcome[] | undefined> {
    return await this.#guard(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#writeOnce(statements);
        } catch (error) {
          if (!isConflict(error) || attempt === attempts) throw error;
        }
      }
    });
  }

  async insert({ table, columns, rows }: Rows): Promise<void> {
    const names = columns.join(', ');
    // One value, however many rows, and the table tells the types.
    const sql = `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1) ON CONFLICT DO NOTHING`;
    const objects = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
    await this.#guard(async () => await this.#pool.query(sql, [JSON.stringify(objects)]));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    await this.#closing;
  }

  async #writeOnce(statements: readonly Statement[]): Promise<Outcome[] | undefined> {
    const [first] = statements;
    if (statements.length === 1 && first !== undefined) {
      const outcome = await this.#run(this.#pool, first);
      return first.needed === true && outcome.changes === 0 ? undefined : [outcome];
    }
    return await this.#transaction(async (client) => {
      const outcomes: Outcome[] = [];
      for (const statement of statements) {
        const outcome = await this.#run(client, statement);
        if (statement.needed === true && outcome.changes === 0) return undefined;
        outcomes.push(outcome);
      }
      return outcomes;
    });
  }

  /** Undone when the work throws, or returns undefined. */
  async #transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    // While it is ours the pool does not hear it; its query fails, too.
    const onError = (error: Error) => (broken = error);
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query(result === undefined ? 'ROLLBACK' : 'COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken ??= failure instanceof Error ? failure : new Error(String(failure));
      });
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async #run(client: pg.Pool | pg.PoolClient, { sql, values = [] }: Statement): Promise<Outcome> {
    const { rowCount, rows } = await client.query<object>(this.#translate(sql), [...values]);
    return { changes: rowCount ?? 0, rows };
  }

  async #migrate(): Promise<void> {
    await this.#guard(async () => {
      await this.#transaction(async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
        await client.query(schemaQuestion.before);
        const { rows } = await client.query<{ value: string }>(schemaQuestion.sql);
        for (const statement of migrations('postgres', rows[0])) await this.#run(client, statement);
        return true;
      });
    });
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed();
    try {
      return await work();
    } catch (error) {
      throw translated(error);
    }
  }

  /** `?` becomes `$1` and so on. */
  #translate(sql: string): string {
    const known = this.#translated.get(sql);
    if (known !== undefined) return known;
    let count = 0;
    const text = sql.replaceAll('?', () => `$${++count}`);
    this.#translated.set(sql, text);
    return text;
  }
}

/** Serialization failure, deadlock. */
const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01');

/** Classes of what passes: connection, resources, operator's intervention, system (PostgreSQL, appendix A). */
const passing = /^(08|53|57|58|25006)/;
/** U+0000 in a text, which PostgreSQL does not take. */
const badText = /^(22021|22P05)$/;

function translated(error: unknown): PorticoError {
  if (error instanceof PorticoError) return error;
  // Without a code of PostgreSQL: the connection broke, was refused or timed out.
  if (!(error instanceof pg.DatabaseError)) return unavailable(error);
  const code = error.code ?? '';
  if (badText.test(code)) {
    return new PorticoError(
      'bad_request',
      'a text may not contain the character U+0000',
      {},
      { cause: error },
    );
  }
  return passing.test(code) ? unavailable(error) : refused(error);
}

/** Of several addresses that were tried, Node tells each one's. */
const sentenceOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message;
