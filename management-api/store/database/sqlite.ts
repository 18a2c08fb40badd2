import { once } from 'node:events';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
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
import { closeRequest, type Answer, type Job, type Opened } from './sqlite-jobs.ts';

interface Asked {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** Leaves out the number of each member of a union. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** An SQLite file, in a thread of its own (`sqlite-worker.ts`). Any number of processes may use the file. */
export class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #outgoing: Job[] = [];
  #lastId = 0;
  #ended: Error | undefined;

  /**
   * Makes the file, and its folder, when there is none: for their owner only. Brings it up to date.
   * @throws PorticoError `not_supported` when a newer version has written it, `unavailable` when it cannot be opened
   */
  static async open(file: string): Promise<SqliteDatabase> {
    const path = resolve(file);
    await makeFile(path);
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: { path } });
    const [opened] = (await once(worker, 'message').catch((error: unknown) => {
      throw new PorticoError('unavailable', 'SQLite cannot be used on this machine', {}, { cause: error });
    })) as [Opened];
    if (opened.kind === 'open') return new SqliteDatabase(worker);
    await once(worker, 'exit');
    throw PorticoError.fromWire({ ...opened, field: 'database.url' });
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answers: Answer[]) => {
      for (const answer of answers) this.#take(answer);
    });
    worker.on('error', (error) => {
      this.#end(unavailable(error));
    });
    worker.on('exit', () => {
      this.#end(closed());
    });
    // A store that nobody asks anything keeps no process alive.
    worker.unref();
  }

  async read<R extends object>(sql: string, values: readonly Value[] = []): Promise<R[]> {
    const answer = await this.#ask({ kind: 'read', sql, values });
    return ('rows' in answer ? answer.rows : []) as R[];
  }

  async write(statements: readonly Statement[]): Promise<Outcome[] | undefined> {
    const answer = await this.#ask({ kind: 'write', statements });
    return 'outcomes' in answer ? answer.outcomes : undefined;
  }

  async insert(rows: Rows): Promise<void> {
    await this.#ask({ kind: 'insert', rows });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#send();
    this.#ended = closed();
    this.#worker.ref();
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage(closeRequest);
    await exit;
  }

  async #ask(job: Unnumbered<Job>): Promise<Exclude<Answer, { failure: unknown }>> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    if (this.#asked.size === 1) this.#worker.ref();
    this.#outgoing.push({ ...job, id });
    // What is asked in the same turn travels together.
    if (this.#outgoing.length === 1)
      setImmediate(() => {
        this.#send();
      });
    const answer = await answered;
    if (!('failure' in answer)) return answer;
    const cause = new Error(answer.failure.message);
    throw answer.failure.kind === 'unavailable' ? unavailable(cause) : refused(cause);
  }

  #send(): void {
    if (this.#outgoing.length === 0) return;
    this.#worker.postMessage(this.#outgoing);
    this.#outgoing = [];
  }

  #take(answer: Answer): void {
    this.#asked.get(answer.id)?.resolve(answer);
    this.#asked.delete(answer.id);
    if (this.#asked.size === 0 && this.#ended === undefined) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

/** SQLite gives the files that it puts beside this one the same mode. */
async function makeFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a', 0o600);
    await file.close();
    await chmod(path, 0o600);
  } catch (error) {
    const message = `the database ${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`;
    throw new PorticoError('unavailable', message, { field: 'database.url' }, { cause: error });
  }
}
