import { join } from 'node:path';
import { fileSecret } from '../../common/auth/secret-file.ts';
import type { Config } from '../../common/config/schema.ts';
import type { StoreOptions } from './store.ts';

/** Files of the data folder. */
const databaseFile = 'portico.db';
const keyFile = 'store.key';

/** Where the store is and what it is sealed with, as configured; the data folder stands in for what is not. */
export async function storeOptions(
  { url, key, pool }: Config['database'],
  dataDir: string,
): Promise<StoreOptions> {
  return {
    url: url === '' ? join(dataDir, databaseFile) : url,
    secret: key === '' ? await fileSecret(join(dataDir, keyFile)) : key,
    pool,
  };
}
