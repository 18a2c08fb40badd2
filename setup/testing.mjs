// @ts-check
import { ensureAptPackages } from './apt.mjs';
import { findProgram } from './paths.mjs';

/**
 * Programs that the tests run, with the Debian packages that bring them.
 *
 * @type {ReadonlyArray<{ program: string, package: string }>}
 */
export const TEST_PROGRAMS = [
  { program: 'rabbitmq-server', package: 'rabbitmq-server' },
  { program: 'chromium', package: 'chromium' },
  { program: 'turnserver', package: 'coturn' },
  { program: 'ip', package: 'iproute2' },
  { program: 'nft', package: 'nftables' },
  { program: 'iptables', package: 'iptables' },
];

/**
 * @param {(program: string) => boolean} present
 * @returns {string[]} Debian packages to install
 */
export function missingTestPackages(present) {
  return TEST_PROGRAMS.filter(({ program }) => !present(program)).map((entry) => entry.package);
}

/** @param {NodeJS.ProcessEnv} env @returns {string[]} */
const missing = (env) => missingTestPackages((program) => findProgram(program, env) !== undefined);

/** @param {{ env: NodeJS.ProcessEnv }} context */
export const testProgramsReady = ({ env }) => missing(env).length === 0;

/**
 * Brings what `npm test` drives: a broker, a browser, a TURN server, network namespaces and filters.
 *
 * @param {import('./apt.mjs').AptContext} context
 */
export async function ensureTestPrograms(context) {
  const packages = missing(context.env);
  if (packages.length === 0) return;
  await ensureAptPackages(context, {
    packages,
    what: 'the tests lack programs that they run',
    purpose: 'for the tests',
  });
  const services = packages.filter((name) => name === 'rabbitmq-server' || name === 'coturn');
  if (services.length === 0) return;
  context.progress.note(
    `Debian starts ${services.join(' and ')} as system services, which Portico's tests do not use; to stop them:`,
  );
  context.progress.note(`  sudo systemctl disable --now ${services.join(' ')}`);
}
