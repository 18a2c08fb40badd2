import { PorticoError } from '../../../common/contract/errors.ts';

export type Engine = 'sqlite' | 'postgres';

/** What columns hold; instants are ms since 1970, truth is 0 or 1, JSON is text. */
export type Value = string | number | null;

export interface Statement {
  /** `?` stands for the values, in their order. */
  readonly sql: string;
  readonly values?: readonly Value[];
  /** Everything is undone unless this one changes (or returns) a row. */
  readonly needed?: boolean;
}

export interface Outcome {
  /** Rows changed, or returned. */
  readonly changes: number;
  /** Of a `SELECT`, or a statement with `RETURNING`. */
  readonly rows: readonly object[];
}

export interface Rows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/**
 * An SQL engine, as far as the store needs one. There are no transactions with code of ours in the middle: what must
 * happen together is given as one list, and what it depends on is checked by its statements (`needed`). So no lock is
 * held while this process is busy, stopped or gone.
 */
export interface Database {
  readonly engine: Engine;
  /** @param sql one statement that only reads */
  read<R extends object>(sql: string, values?: readonly Value[]): Promise<R[]>;
  /**
   * Runs all statements or none; resolves when they are on disk.
   * @returns undefined when a `needed` one found nothing, and all was undone
   */
  write(statements: readonly Statement[]): Promise<Outcome[] | undefined>;
  /** Adds rows, however many; those whose key is there already are left out. */
  insert(rows: Rows): Promise<void>;
  /** What was asked for before is done. */
  close(): Promise<void>;
}

/** One statement that changes something. @returns rows changed */
export async function change(database: Database, sql: string, values: readonly Value[]): Promise<number> {
  const [outcome] = (await database.write([{ sql, values }])) ?? [];
  return outcome?.changes ?? 0;
}

/** One statement with `RETURNING`. */
export async function returning<R extends object>(
  database: Database,
  sql: string,
  values: readonly Value[],
): Promise<R[]> {
  const [outcome] = (await database.write([{ sql, values }])) ?? [];
  return (outcome?.rows ?? []) as R[];
}

/** The database does not answer, or cannot write now: the same request may succeed later. */
export const unavailable = (cause: unknown): PorticoError =>
  new PorticoError('unavailable', 'the database does not answer or cannot write right now', {}, { cause });

/** The database refused a statement: a defect of ours, or of the data. */
export const refused = (cause: unknown): PorticoError =>
  new PorticoError('internal', 'the database refused a statement', {}, { cause });

export const closed = (): PorticoError => new PorticoError('closing', 'the store is closed');
