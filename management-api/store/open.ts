import { PorticoError } from '../../common/contract/errors.ts';
import type { Database } from './database/database.ts';
import { PostgresDatabase } from './database/postgres.ts';
import { SqliteDatabase } from './database/sqlite.ts';
import { purge } from './purge.ts';
import { Seal } from './seal.ts';
import type { Store, StoreOptions } from './store.ts';
import { AuditTable } from './tables/audit.ts';
import { DeliveryTable } from './tables/deliveries.ts';
import { EventTable } from './tables/events.ts';
import { IdempotencyTable } from './tables/idempotency.ts';
import { NonceTable } from './tables/nonces.ts';
import { RevocationTable } from './tables/revocations.ts';
import { RoomTable } from './tables/rooms.ts';
import { ServiceTable } from './tables/services.ts';
import { TokenTable } from './tables/tokens.ts';
import { WebhookTable } from './tables/webhooks.ts';

/**
 * Opens the store, makes it when there is none, and brings it up to date. Processes may do so at the same time.
 * @throws PorticoError `bad_request`: made with another secret · `not_supported`: written by a newer version ·
 *   `unavailable`: it cannot be reached or written
 */
export async function openStore({ url, secret, pool }: StoreOptions): Promise<Store> {
  const database = await openDatabase(url, pool);
  try {
    return storeOn(database, await Seal.open(database, secret));
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openDatabase(url: string, pool: number): Promise<Database> {
  if (/^postgres(ql)?:/i.test(url)) return await PostgresDatabase.open(url, pool);
  const [scheme] = /^[a-z][a-z0-9+.-]+:\/\//i.exec(url) ?? [];
  if (scheme === undefined && url !== '') return await SqliteDatabase.open(url);
  throw new PorticoError(
    'bad_request',
    `the database must be postgres://... or the path of an SQLite file, not ${scheme ?? 'empty'}`,
    { field: 'database.url' },
  );
}

const storeOn = (database: Database, seal: Seal): Store => ({
  services: new ServiceTable(database, seal),
  rooms: new RoomTable(database),
  tokens: new TokenTable(database),
  revocations: new RevocationTable(database),
  audit: new AuditTable(database),
  idempotency: new IdempotencyTable(database, seal),
  nonces: new NonceTable(database),
  webhooks: new WebhookTable(database),
  deliveries: new DeliveryTable(database),
  events: new EventTable(database),
  ping: async () => {
    await database.read('SELECT 1 AS alive');
  },
  purge: async (before, now) => {
    await purge(database, before, now);
  },
  close: async () => {
    await database.close();
  },
});
