// @ts-check
/**
 * Entry of `npm start`, `npm test`, `npm run bench` and `npm run portico`: brings what the command needs, then runs it.
 * Runs on any Node from 18 on, without installed packages.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { clientReady, ensureClient } from './client.mjs';
import { describe } from './failure.mjs';
import { ensureFfmpeg, ffmpegReady } from './ffmpeg.mjs';
import { guardSetup } from './interrupts.mjs';
import { launch } from './launch.mjs';
import { withLock } from './lock.mjs';
import { needsOf } from './needs.mjs';
import { ensureNode } from './node.mjs';
import { ensurePackages, packagesReady } from './packages.mjs';
import { cacheDir, ROOT } from './paths.mjs';
import { createProgress } from './progress.mjs';
import { ensureTestPrograms, testProgramsReady } from './testing.mjs';
import { ensureWorker, workerReady } from './worker.mjs';

/** @type {Readonly<Record<string, { script: string, before: string[], group: boolean }>>} */
const MODES = {
  start: { script: 'cli/portico.mjs', before: ['start'], group: false },
  portico: { script: 'cli/portico.mjs', before: [], group: false },
  test: { script: 'test/run.mjs', before: [], group: true },
  bench: { script: 'test/bench/run.ts', before: [], group: true },
};

/**
 * @param {Awaited<ReturnType<typeof makeContext>>} context
 * @param {import('./needs.mjs').Needs} needs
 */
async function prepare(context, needs) {
  if (allReady(context, needs)) return;
  const { root, cache, progress } = context;
  const name = `checkout-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  const onWait = (/** @type {import('./lock.mjs').Holder} */ { pid }) =>
    progress.step(`waiting for another set-up of this checkout (process ${pid})`).stop;
  await withLock({ folder: join(cache, 'locks'), name, onWait }, async () => {
    await ensurePackages(context);
    if (needs.worker) await ensureWorker(context);
    if (needs.ffmpeg !== 'no') await ensureFfmpeg(context, { optional: needs.ffmpeg === 'wanted' });
    if (needs.client) await ensureClient(context);
    if (needs.tests) await ensureTestPrograms(context);
  });
}

/**
 * @param {Awaited<ReturnType<typeof makeContext>>} context
 * @param {import('./needs.mjs').Needs} needs
 */
function allReady(context, needs) {
  return (
    packagesReady(context.root) &&
    (!needs.worker || workerReady(context)) &&
    (needs.ffmpeg === 'no' || ffmpegReady(context)) &&
    (!needs.client || clientReady(context)) &&
    (!needs.tests || testProgramsReady(context))
  );
}

async function makeContext() {
  const progress = createProgress();
  const cache = cacheDir(process.env);
  return { root: ROOT, cache, progress, ...(await ensureNode({ cache, env: process.env, progress })) };
}

/** @param {string[]} argv */
async function main([name = '', ...args]) {
  const mode = MODES[name];
  if (!mode) {
    process.stderr.write(`usage: node setup/run.mjs ${Object.keys(MODES).join('|')} [arguments]\n`);
    process.exit(2);
  }
  const unguard = guardSetup();
  const context = await makeContext();
  await prepare(context, needsOf(name, args));
  unguard();
  await launch(context.node, [join(ROOT, mode.script), ...mode.before, ...args], {
    env: context.env,
    group: mode.group,
  });
}

main(process.argv.slice(2)).catch((/** @type {unknown} */ error) => {
  process.stderr.write(describe(error));
  process.exit(1);
});
