// @ts-check
import { basename } from 'node:path';
import { lastLines, run } from './command.mjs';
import { Failure } from './failure.mjs';
import { findProgram } from './paths.mjs';

/** Fail soon where the registry cannot be reached, yet survive a hiccup. */
const NETWORK_FLAGS = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000'];
/** At this level npm names each download and each failed attempt at one. */
const COMMON_FLAGS = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=http', ...NETWORK_FLAGS];

/** npm tries for each package anew; this many failures without a single success tell enough. */
const HOPELESS = 4;

/**
 * Runs npm and turns its failure into a sentence.
 *
 * @param {{ args: string[], cwd: string, env: NodeJS.ProcessEnv, node: string, what: string, retry: string, onProgress: (detail: string) => void }} call
 *   `what`: the failure's headline; `retry`: the command that a person runs to try again
 */
export async function npm({ args, cwd, env, node, what, retry, onProgress }) {
  const [file, ...before] = npmCommand(env, node);
  if (file === undefined) {
    throw new Failure({
      what,
      why: 'npm is not on the PATH.',
      fix: 'install npm, e.g.: sudo apt-get install npm',
    });
  }
  const giveUp = new AbortController();
  let fetched = 0;
  let failed = 0;
  const onLine = (/** @type {string} */ line) => {
    if (/^npm http fetch \w+ 2\d\d /.test(line)) onProgress(`${++fetched} downloads`);
    if (/ attempt \d+ failed with /.test(line) && ++failed >= HOPELESS && fetched === 0) giveUp.abort();
  };
  const outcome = await run(file, [...before, ...args, ...COMMON_FLAGS], {
    cwd,
    env,
    onLine,
    abort: giveUp.signal,
  });
  if (outcome.code !== 0) throw new Failure({ what, ...explainNpm(outcome.output, retry) });
}

/**
 * Under `npm start` npm says where its own code is; run that with the Node in use, because the
 * machine's `npm` may start the machine's old Node.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node
 * @returns {string[]}
 */
function npmCommand(env, node) {
  const script = env['npm_execpath'];
  if (script && basename(script) === 'npm-cli.js') return [node, script];
  const program = findProgram('npm', env);
  return program ? [program] : [];
}

const UNREACHABLE =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/**
 * @param {string} output of npm
 * @param {string} retry
 * @returns {{ why: string, fix: string[] }}
 */
export function explainNpm(output, retry) {
  const network = UNREACHABLE.exec(output)?.[1];
  if (network) {
    const url = /https?:\/\/[^\s/]+/.exec(output)?.[0] ?? 'the package registry';
    return {
      why: `npm cannot reach ${url} (${network}).`,
      fix: [
        'check the network or the proxy, or name a registry that can be reached, then try again:',
        '  npm config get registry',
        '  npm config set registry https://<your mirror>/',
        `  ${retry}`,
      ],
    };
  }
  if (/\bENOSPC\b/.test(output)) {
    return { why: 'the disk is full (ENOSPC).', fix: ['free some space, then:', `  ${retry}`] };
  }
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output)) {
    return {
      why: `a folder cannot be written:\n${lastLines(output, 4)}`,
      fix: [
        'make the checkout and ~/.npm belong to you, then try again:',
        '  sudo chown -R "$(id -u)" . ~/.npm',
        `  ${retry}`,
      ],
    };
  }
  const errors = output.split('\n').filter((line) => !line.startsWith('npm http'));
  return { why: `npm says:\n${lastLines(errors.join('\n'))}`, fix: [retry] };
}
