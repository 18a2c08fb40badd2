import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Launcher } from '../../../../mixer-agent/ffmpeg/launch/launcher.ts';
import { digestOf, joinInProcess } from '../../../../mixer-agent/recordings/bulk/bulk.ts';
import { childrenOf, commandOf } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';

const mainFile = 'recordings/bulk/main.ts';
const helpers = (): number[] => childrenOf(process.pid).filter((pid) => commandOf(pid).includes(mainFile));

describe('what goes through whole recordings', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-bulk-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, megabytes] of [
    ['small', 1],
    ['large', 40],
  ] as const) {
    it(`gives the digest of a ${name} file`, async () => {
      const bytes = randomBytes(megabytes * 1024 * 1024);
      const path = join(folder, name);
      await writeFile(path, bytes);
      const digest = digestOf(path);
      // Only a large one is worth a process.
      if (megabytes > 16) await until(() => helpers().length === 1);
      assert.equal(await digest, createHash('sha256').update(bytes).digest('hex'));
      await until(() => helpers().length === 0);
    });
  }

  it('is started by another thread where there is one', async () => {
    const launcher = await Launcher.create();
    const launch = launcher.start.bind(launcher);
    const bytes = randomBytes(17 * 1024 * 1024);
    const path = join(folder, 'launched');
    await writeFile(path, bytes);
    assert.equal(await digestOf(path, launch), createHash('sha256').update(bytes).digest('hex'));
    const nothing = { bytes: 1, zeroAt: 0, fromMs: 0, toMs: 1, tracks: [], codecs: {}, path: `${path}-none` };
    await assert.rejects(joinInProcess([nothing], `${path}-joined`, launch), {
      message: /^the recording cannot be finished \(ENOENT/,
    });
    await launcher.close();
  });

  it('says what is wrong when segments cannot be joined', async () => {
    const facts = { bytes: 1, zeroAt: 0, fromMs: 0, toMs: 1, tracks: [], codecs: {} };
    await assert.rejects(joinInProcess([{ ...facts, path: join(folder, 'none') }], join(folder, 'joined')), {
      code: 'internal',
      message: /^the recording cannot be finished \(ENOENT/,
    });
    await assert.rejects(digestOf(join(folder, 'none')), { code: 'ENOENT' });
  });
});
