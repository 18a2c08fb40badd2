import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { joinBare } from '../support/bare-page.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { residentMb, socketsOf } from '../support/process-facts.ts';
import { adminOf, both, recordersOf, recordsFor, streamOf } from '../support/recording-watch.ts';
import { thorough } from '../support/thorough.ts';
import { until } from '../support/until.ts';

const count = thorough ? 1_000 : 60;
/** At a time. */
const parallel = 4;

describe('many recordings', function () {
  this.timeout(60_000 + count * 4_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-recordings-')),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const deployment = useDeployment<Single>(() => startSingle({ recording: { path: folder() } }));

  /** Begins and ends one, now and then twice; every third one has time to record something. */
  async function once(admin: PorticoAdmin, from: string, index: number): Promise<void> {
    const { id } = await admin.recordings.start('many', { container: 'mkv', media: both(from) });
    if (index % 3 === 0) await recordsFor(admin, 'many', { id, leastMs: 200 });
    const stops = Array.from({ length: 1 + (index % 2) }, () => admin.recordings.stop('many', id));
    const outcomes = await Promise.allSettled(stops);
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /not found|that runs/);
    }
  }

  it(`leave nothing behind, ${count} of them`, async () => {
    const server = deployment();
    const admin = await adminOf(server);
    const red = await joinBare(browser(), server, { room: 'many', user: 'red' });
    const from = await streamOf(admin, 'many');
    let begun = 0;
    const work = async (until: number) => {
      while (begun < until) {
        begun += 1;
        await once(admin, from, begun);
      }
    };
    const run = (until: number) => Promise.all(Array.from({ length: parallel }, () => work(until)));
    const settled = () =>
      until(
        async () =>
          recordersOf(server.process.pid).length === 0 &&
          (await readdir(join(folder(), '.work'))).length === 0,
        { timeoutMs: 60_000 + count * 1_000, what: 'nothing is left' },
      );
    await run(20);
    await settled();
    const before = { mb: residentMb(server.process.pid), sockets: socketsOf(server.process.pid) };
    await run(count);
    await settled();
    const after = { mb: residentMb(server.process.pid), sockets: socketsOf(server.process.pid) };
    console.log(
      `      ${before.mb} MB and ${before.sockets} sockets before, ${after.mb} MB and ${after.sockets} after`,
    );
    assert.ok(after.sockets <= before.sockets + 4, 'no port is left open');
    assert.ok(after.mb < before.mb + 150, 'memory stays');
    assert.deepEqual(await admin.recordings.list('many'), []);
    await red.close();
  });
});
