import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PorticoError } from '../../../common/contract/errors.ts';
import { change, type Database } from '../database/database.ts';
import type { Seal } from '../seal.ts';
import type { Idempotency } from '../store.ts';

/** A request that has not ended by then has died with its process, ms. */
const runningMs = 60_000;

const Answer = z.object({ status: z.int(), body: z.string(), type: z.string() });
type Answer = z.infer<typeof Answer>;

interface Row {
  fingerprint: string;
  sealed_answer: string | null;
}

export class IdempotencyTable implements Idempotency {
  readonly #database: Database;
  readonly #seal: Seal;
  /** What this process works on: one that was given up for dead does not answer for its successor. */
  readonly #holders = new Map<string, string>();

  constructor(database: Database, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
  }

  async begin(
    service: string,
    key: string,
    fingerprint: string,
    now: number,
  ): Promise<{ state: 'new' | 'running' } | ({ state: 'done' } & Answer)> {
    for (;;) {
      if (await this.#take(service, key, fingerprint, now)) return { state: 'new' };
      const row = await this.#find(service, key);
      // Abandoned in between: free again.
      if (row === undefined) continue;
      if (row.fingerprint !== fingerprint) {
        throw new PorticoError('idempotency_conflict', 'this Idempotency-Key was used for another request', {
          field: 'Idempotency-Key',
        });
      }
      if (row.sealed_answer === null) return { state: 'running' };
      const answer: unknown = JSON.parse(this.#seal.open(row.sealed_answer, nameOf(service, key)));
      return { state: 'done', ...Answer.parse(answer) };
    }
  }

  /** Answers are sealed: they may hold keys and tokens. */
  async finish(service: string, key: string, { status, body, type }: Answer): Promise<void> {
    const answer = this.#seal.close(JSON.stringify({ status, body, type }), nameOf(service, key));
    const sql = 'UPDATE idempotency SET sealed_answer = ? WHERE service = ? AND name = ? AND holder = ?';
    await change(this.#database, sql, [answer, service, key, this.#release(service, key)]);
  }

  async abandon(service: string, key: string): Promise<void> {
    const sql =
      'DELETE FROM idempotency WHERE service = ? AND name = ? AND holder = ? AND sealed_answer IS NULL';
    await change(this.#database, sql, [service, key, this.#release(service, key)]);
  }

  async #take(service: string, key: string, fingerprint: string, now: number): Promise<boolean> {
    const holder = randomUUID();
    const taken = await change(
      this.#database,
      `INSERT INTO idempotency (service, name, fingerprint, holder, begun_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (service, name) DO UPDATE
         SET fingerprint = excluded.fingerprint, holder = excluded.holder, begun_at = excluded.begun_at
         WHERE idempotency.sealed_answer IS NULL AND idempotency.begun_at <= ?`,
      [service, key, fingerprint, holder, now, now - runningMs],
    );
    if (taken === 0) return false;
    this.#holders.set(nameOf(service, key), holder);
    return true;
  }

  #release(service: string, key: string): string {
    const name = nameOf(service, key);
    const holder = this.#holders.get(name) ?? '';
    this.#holders.delete(name);
    return holder;
  }

  async #find(service: string, key: string): Promise<Row | undefined> {
    const sql = 'SELECT fingerprint, sealed_answer FROM idempotency WHERE service = ? AND name = ?';
    const [row] = await this.#database.read<Row>(sql, [service, key]);
    return row;
  }
}

const nameOf = (service: string, key: string): string => `idempotency:${service}:${key}`;
