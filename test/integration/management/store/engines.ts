import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../../management-api/store/open.ts';
import type { Store } from '../../../../management-api/store/store.ts';
import { sharedPostgres } from '../../../support/postgres.ts';

export const secret = 'a secret of the tests, long enough to be one';

/** An empty database of its own for each test. */
export interface TestDatabase {
  readonly engine: 'sqlite' | 'postgres';
  /** Of this test. */
  readonly url: string;
  /** Opens it once more, as another process would; closed after the test. */
  open(): Promise<Store>;
}

/** Describes the same behaviour for both engines. */
export function onBothEngines(title: string, tests: (database: TestDatabase) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${title} (${engine})`, () => {
      const database = new FreshDatabase(engine);
      beforeEach(async function () {
        this.timeout(60_000); // the first one starts the server
        await database.make();
      });
      afterEach(async () => {
        await database.remove();
      });
      tests(database);
    });
  }
}

class FreshDatabase implements TestDatabase {
  readonly engine: 'sqlite' | 'postgres';
  url = '';
  #folder = '';
  #stores: Store[] = [];

  constructor(engine: 'sqlite' | 'postgres') {
    this.engine = engine;
  }

  async make(): Promise<void> {
    if (this.engine === 'postgres') {
      this.url = await (await sharedPostgres()).createDatabase();
    } else {
      this.#folder = await mkdtemp(join(tmpdir(), 'portico-store-'));
      this.url = join(this.#folder, 'data', 'portico.db');
    }
  }

  async open(): Promise<Store> {
    const store = await openStore({ url: this.url, secret, pool: 5 });
    this.#stores.push(store);
    return store;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
    this.#stores = [];
    if (this.engine === 'sqlite') await rm(this.#folder, { recursive: true, force: true });
  }
}
