import { change, type Database } from '../database/database.ts';
import type { Nonces } from '../store.ts';

export class NonceTable implements Nonces {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async take(digest: string, until: number): Promise<boolean> {
    const sql = 'INSERT INTO nonces (digest, ends_at) VALUES (?, ?) ON CONFLICT DO NOTHING';
    return (await change(this.#database, sql, [digest, Math.ceil(until)])) === 1;
  }
}
