// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, run } from './command.mjs';
import { Failure } from './failure.mjs';
import { hashFiles, readStamp, sameStamp, writeStamp } from './stamp.mjs';

/** Builds the browser SDK, the server SDK and the sample app; run with Node, from the root of the checkout. */
const BUILD_COMMAND = ['node_modules/.bin/vite', 'build', '--config', 'client/vite.config.ts'];

/** What the build reads, besides the sources of installed packages, which the lockfile stands for. */
const INPUTS = [
  'client',
  'common/auth',
  'common/bus',
  'common/contract',
  'common/lifecycle',
  'management-api/schemas',
  'management-api/sdk',
  'management-api/webhooks',
  'package-lock.json',
];

/** Folders that the build makes or that belong to packages. @type {ReadonlySet<string>} */
const OUTPUTS = new Set(['dist', 'node_modules']);

/** @param {string} root */
const wantedStamp = (root) => ({
  sources: hashFiles(
    root,
    INPUTS.map((entry) => join(root, entry)),
    (name) => OUTPUTS.has(name),
  ),
});

/** @param {{ root: string }} context @returns {boolean} also where only the built files were shipped */
export function clientReady({ root }) {
  if (!existsSync(join(root, 'client', 'vite.config.ts'))) return true;
  return existsSync(join(root, 'client', 'dist')) && sameStamp(readStamp(root, 'client'), wantedStamp(root));
}

/**
 * Builds what browsers load, when it is missing or its sources changed.
 *
 * @param {{ root: string, node: string, env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress }} context
 */
export async function ensureClient({ root, node, env, progress }) {
  if (clientReady({ root })) return;
  // Taken before the build: what changes meanwhile is built the next time.
  const stamp = wantedStamp(root);
  const step = progress.step('building the browser SDK and the sample app (vite)');
  try {
    const { code, output } = await run(node, BUILD_COMMAND, { cwd: root, env });
    if (code !== 0) {
      throw new Failure({
        what: 'the browser SDK and the sample app could not be built',
        why: `vite failed:\n${lastLines(output)}`,
        fix: [
          'correct the named file, then: npm start',
          `  or, for all of its output: ${BUILD_COMMAND.join(' ')}`,
        ],
      });
    }
    writeStamp(root, 'client', stamp);
    step.done('browser SDK and sample app built');
  } finally {
    step.stop();
  }
}
