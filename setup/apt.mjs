// @ts-check
import { existsSync, readdirSync } from 'node:fs';
import { lastLines, run } from './command.mjs';
import { Failure } from './failure.mjs';
import { findProgram } from './paths.mjs';

const OPTIONS = [
  '--yes',
  '--no-install-recommends',
  '-o',
  'DPkg::Lock::Timeout=300',
  '-o',
  'Acquire::Retries=2',
  '-o',
  'Acquire::http::Timeout=30',
  '-o',
  'APT::Status-Fd=1',
];

/**
 * @typedef {object} AptContext
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./progress.mjs').Progress} progress
 */

/**
 * Installs what is missing of the named packages, where this user may do so.
 *
 * @param {AptContext} context
 * @param {{ packages: string[], what: string, purpose: string }} request
 *   `what`: headline of the failure; `purpose`: for the progress line, e.g. `to build the worker`
 */
export async function ensureAptPackages(context, { packages, what, purpose }) {
  const { env, progress } = context;
  const missing = await missingPackages(packages, env);
  if (missing.length === 0) return;
  const fix = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const apt = await aptCommand(env);
  if (!apt.allowed)
    throw new Failure({ what, why: `${missing.join(', ')} missing, and ${apt.why}.`, fix: apt.fix ?? fix });
  const step = progress.step(`installing ${missing.join(' ')} ${purpose} (apt-get)`);
  try {
    const outcome = await install(apt.command, missing, env, (line) => step.update(line));
    if (outcome.code !== 0) {
      throw new Failure({ what, why: `apt-get failed:\n${lastLines(withoutStatus(outcome.output))}`, fix });
    }
    step.done(`installed ${missing.join(' ')}`);
  } finally {
    step.stop();
  }
}

/**
 * @param {string[]} packages
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[]>} those that are not installed
 */
async function missingPackages(packages, env) {
  const { output } = await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages], {
    env,
  });
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ allowed: true, command: string[] } | { allowed: false, why: string, fix?: string }>}
 */
async function aptCommand(env) {
  if (!findProgram('apt-get', env)) {
    return {
      allowed: false,
      why: 'this system has no apt-get to install them with',
      fix: 'install the named programs and libraries with your package manager (see docs/install.md)',
    };
  }
  if (process.getuid?.() === 0) return { allowed: true, command: ['apt-get'] };
  if (findProgram('sudo', env) && (await run('sudo', ['-n', 'true'], { env, timeoutMs: 5_000 })).code === 0) {
    return { allowed: true, command: ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND', 'apt-get'] };
  }
  return {
    allowed: false,
    why: 'this user may not install packages (not root, and sudo asks for a password)',
  };
}

/**
 * The package lists are refreshed only when there are none or when the first attempt fails, which is
 * how outdated ones show.
 *
 * @param {string[]} command
 * @param {string[]} packages
 * @param {NodeJS.ProcessEnv} env
 * @param {(detail: string) => void} report
 */
async function install([file = 'apt-get', ...before], packages, env, report) {
  /** @param {string[]} args */
  const apt = (args) =>
    run(file, [...before, ...OPTIONS, ...args], {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      onLine: (line) => {
        const detail = aptProgress(line);
        if (detail) report(detail);
      },
    });
  const attempt = () => apt(['install', ...packages]);
  const first = haveLists() ? await attempt() : undefined;
  if (first?.code === 0) return first;
  report('refreshing the package lists');
  const update = await apt(['update']);
  if (update.code !== 0) return first ?? update;
  return attempt();
}

/** Images often come without any. */
function haveLists() {
  const folder = '/var/lib/apt/lists';
  return existsSync(folder) && readdirSync(folder).some((name) => /_Packages(\.\w+)?$/.test(name));
}

/**
 * @param {string} line of apt-get with a status descriptor, e.g. `dlstatus:1:20.5:Retrieving file 1 of 9`
 * @returns {string | undefined} e.g. `20 % Retrieving file 1 of 9`
 */
export function aptProgress(line) {
  const match = /^(?:dl|pm)status:[^:]*(?::[^:]*)??:([\d.]+):(.*)$/.exec(line);
  return match ? `${Math.floor(Number(match[1]))} % ${match[2]}` : undefined;
}

/** @param {string} output */
const withoutStatus = (output) =>
  output
    .split('\n')
    .filter((line) => !/^(dl|pm)status:/.test(line))
    .join('\n');
