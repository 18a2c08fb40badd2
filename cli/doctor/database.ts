import type { Config } from '../../common/config/schema.ts';
import { maskText } from '../../common/config/mask.ts';
import { openStore } from '../../management-api/store/open.ts';
import { storeOptions } from '../../management-api/store/options.ts';
import { failed, ok, sentence, type Finding } from './finding.ts';

/** Opens the store as the management API would, and asks it something. */
export async function checkDatabase({ database }: Config, dataDir: string): Promise<Finding> {
  const name = 'database';
  const fix =
    database.url === ''
      ? 'Is the data folder of another user, or was the key (store.key) lost?'
      : 'Check [database] url and key, and that PostgreSQL runs.';
  try {
    const options = await storeOptions(database, dataDir);
    const store = await openStore(options);
    try {
      await store.ping();
    } finally {
      await store.close();
    }
    return ok(name, maskText(options.url));
  } catch (error) {
    return failed(name, sentence(error), fix);
  }
}
