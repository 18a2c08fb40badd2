import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { Outcome, Rows, Statement, Value } from './database.ts';
import { migrations, schemaQuestion } from './migrations.ts';
import {
  closeRequest,
  type Answer,
  type Failure,
  type Job,
  type Opened,
  type WriteJob,
} from './sqlite-jobs.ts';

/*
 * The thread in which SQLite runs: neither a disk that takes its time nor another process that is writing keeps the
 * server from answering. All writes that have arrived share one transaction, each in a savepoint of its own, so that
 * they also share the wait for the disk.
 */

/** How long another process may hold the lock, ms. */
const busyMs = 5_000;

const port = parentPort;
if (port === null) throw new Error('this file is the thread of SqliteDatabase');

/** Undoes a write of which a `needed` statement found nothing. */
class Unmet extends Error {}

class SqliteThread {
  readonly #database: Sqlite.Database;
  readonly #prepared = new Map<string, Sqlite.Statement<Value[]>>();

  constructor(path: string) {
    this.#database = new Sqlite(path, { timeout: busyMs });
    this.#useWal();
    // FULL: what was answered survives a power cut. Without it, only the end of the process.
    for (const setting of ['synchronous = FULL', 'foreign_keys = ON', 'journal_size_limit = 67108864']) {
      this.#database.pragma(setting);
    }
    this.#migrate();
  }

  /** Answers in any order. */
  run(jobs: readonly Job[]): Answer[] {
    const writes = jobs.filter((job) => job.kind !== 'read');
    // Reads come first: they must not see what may yet be undone.
    const reads = jobs
      .filter((job) => job.kind === 'read')
      .map(({ id, sql, values }) => this.#attempt(id, () => ({ id, rows: this.#run(sql, values).rows })));
    return [...reads, ...(writes.length === 0 ? [] : this.#group(writes))];
  }

  close(): void {
    this.#database.close();
  }

  #group(jobs: readonly WriteJob[]): Answer[] {
    try {
      this.#begin();
      const answers = jobs.map((job) => this.#attempt(job.id, () => this.#inSavepoint(job)));
      this.#run('COMMIT');
      return answers;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      return jobs.map(({ id }) => ({ id, failure: failureOf(error) }));
    }
  }

  /** SQLite itself would look for the lock ever more seldom, up to 100 ms apart, while others get it again and again. */
  #begin(): void {
    this.#database.pragma('busy_timeout = 0');
    try {
      patiently(() => this.#run('BEGIN IMMEDIATE'));
    } finally {
      this.#database.pragma(`busy_timeout = ${busyMs}`);
    }
  }

  #inSavepoint(job: WriteJob): Answer {
    this.#run('SAVEPOINT job');
    try {
      const outcomes = job.kind === 'insert' ? this.#insert(job.rows) : this.#statements(job.statements);
      this.#run('RELEASE job');
      return { id: job.id, outcomes };
    } catch (error) {
      // A full disk and the like undo the whole transaction: then the group fails.
      if (!this.#database.inTransaction) throw error;
      this.#database.exec('ROLLBACK TO job; RELEASE job');
      if (error instanceof Unmet) return { id: job.id, outcomes: undefined };
      throw error;
    }
  }

  #attempt(id: number, work: () => Answer): Answer {
    const before = this.#database.inTransaction;
    try {
      return work();
    } catch (error) {
      if (before && !this.#database.inTransaction) throw error;
      return { id, failure: failureOf(error) };
    }
  }

  #statements(statements: readonly Statement[]): Outcome[] {
    return statements.map(({ sql, values = [], needed }) => {
      const outcome = this.#run(sql, values);
      if (needed === true && outcome.changes === 0) throw new Unmet();
      return outcome;
    });
  }

  #insert({ table, columns, rows }: Rows): Outcome[] {
    const marks = columns.map(() => '?').join(', ');
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT DO NOTHING`;
    const statement = this.#statement(sql);
    for (const row of rows) statement.run(...row);
    return [];
  }

  #run(sql: string, values: readonly Value[] = []): { changes: number; rows: object[] } {
    const statement = this.#statement(sql);
    if (!statement.reader) return { changes: statement.run(...values).changes, rows: [] };
    const rows = statement.all(...values) as object[];
    return { changes: rows.length, rows };
  }

  #statement(sql: string): Sqlite.Statement<Value[]> {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare<Value[]>(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** The switch wants the file for itself and does not wait for others, who may be switching, too. */
  #useWal(): void {
    patiently(() => this.#database.pragma('journal_mode = WAL'));
  }

  /** The transaction is the lock: others that start at the same time wait for it, and find nothing left to do. */
  #migrate(): void {
    const apply = this.#database.transaction(() => {
      this.#database.exec(schemaQuestion.before);
      const found = this.#database.prepare(schemaQuestion.sql).get() as { value: string } | undefined;
      for (const { sql, values = [] } of migrations('sqlite', found)) {
        this.#database.prepare<Value[]>(sql).run(...values);
      }
    });
    apply.immediate();
  }
}

/** Another process has the lock for long, the disk is full or broken, or the folder is read-only. */
const passing = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)/;

function failureOf(error: unknown): Failure {
  const code = error instanceof Sqlite.SqliteError ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  return { kind: passing.test(code) ? 'unavailable' : 'refused', message: `${code} ${message}`.trim() };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

/** Tries again while another process holds the lock. */
function patiently(work: () => void): void {
  const limit = Date.now() + busyMs;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > limit) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function open(): SqliteThread | undefined {
  const { path } = workerData as { path: string };
  try {
    const thread = new SqliteThread(path);
    port?.postMessage({ kind: 'open' } satisfies Opened);
    return thread;
  } catch (error) {
    const { code, message } =
      error instanceof PorticoError
        ? error
        : {
            code: 'unavailable',
            message: `the database ${path} cannot be opened: ${failureOf(error).message}`,
          };
    port?.postMessage({ kind: 'failed', code, message } satisfies Opened);
    port?.close();
    return undefined;
  }
}

const thread = open();

port.on('message', (first: Job[] | typeof closeRequest) => {
  const jobs: Job[] = [];
  let message: Job[] | typeof closeRequest | undefined = first;
  // What arrived during the last transaction waits in the port.
  while (message !== undefined && message !== closeRequest) {
    jobs.push(...message);
    const next = receiveMessageOnPort(port) as { message: Job[] | typeof closeRequest } | undefined;
    message = next?.message;
  }
  if (jobs.length > 0 && thread !== undefined) port.postMessage(thread.run(jobs));
  if (message === closeRequest) {
    thread?.close();
    port.close();
  }
});
