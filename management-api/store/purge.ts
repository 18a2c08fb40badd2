import { change, type Database, type Value } from './database/database.ts';

/** Rows that are forgotten at a time: others want to write in between. */
const chunk = 2_000;
/** How long an answer can be had again by its `Idempotency-Key`, and a delivered event be seen, ms. */
const dayMs = 24 * 3_600_000;

interface Rule {
  readonly table: string;
  readonly key: string;
  readonly over: string;
  readonly values: readonly Value[];
}

/** @param before end of the history that is kept, ms */
const rules = (before: number, now: number): Rule[] => {
  const yesterday = Math.max(before, now - dayMs);
  return [
    { table: 'tokens', key: 'id', over: 'expires_at < ?', values: [before] },
    { table: 'revocations', key: 'id', over: 'ends_at < ?', values: [now] },
    { table: 'nonces', key: 'digest', over: 'ends_at < ?', values: [now] },
    { table: 'audit', key: 'id', over: 'noted_at < ?', values: [before] },
    { table: 'idempotency', key: 'service, name', over: 'begun_at < ?', values: [yesterday] },
    { table: 'deliveries', key: 'id', over: "state = 'delivered' AND created_at < ?", values: [yesterday] },
    { table: 'deliveries', key: 'id', over: "state = 'dead' AND created_at < ?", values: [before] },
    { table: 'deleted_rooms', key: 'id', over: 'deleted_at < ?', values: [before] },
    { table: 'reported_rooms', key: 'room', over: 'changed_at < ?', values: [before] },
  ];
};

/** Forgets what is over. */
export async function purge(database: Database, before: number, now: number): Promise<void> {
  for (const { table, key, over, values } of rules(before, now)) {
    const sql = `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${over} LIMIT ${chunk})`;
    while ((await change(database, sql, values)) === chunk);
  }
}
