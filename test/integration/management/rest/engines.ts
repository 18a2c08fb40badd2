import { sharedPostgres } from '../../../support/postgres.ts';
import { Stage, type StageOptions } from './stage.ts';

/** Runs the same tests on both databases; `start` makes a stage with a database of its own. */
export function onBothEngines(
  title: string,
  work: (start: (options?: StageOptions) => Promise<Stage>) => void,
): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${title} (${engine})`, () => {
      if (engine === 'postgres') {
        before(async function () {
          // The first to need it starts it.
          this.timeout(60_000);
          await sharedPostgres();
        });
      }
      work(async (options = {}) => {
        if (engine === 'sqlite') return await Stage.start(options);
        const database = await (await sharedPostgres()).createDatabase();
        return await Stage.start({ ...options, database });
      });
    });
  }
}
