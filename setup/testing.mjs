// @ts-check
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
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
  { program: 'postgres', package: 'postgresql' },
  { program: 'nginx', package: 'nginx-light' },
  { program: 'ngx_rtmp_module.so', package: 'libnginx-mod-rtmp' },
];

/** Where Debian keeps the programs of PostgreSQL, in a folder for each version; they are not on PATH. */
const POSTGRES_FOLDER = '/usr/lib/postgresql';

/** Debian starts these by itself when it installs them. */
const SERVICES = ['rabbitmq-server', 'coturn', 'postgresql', 'nginx-light'];

/** Where Debian keeps the modules of nginx. */
const NGINX_MODULES = '/usr/lib/nginx/modules';

/**
 * @param {(program: string) => boolean} present
 * @returns {string[]} Debian packages to install
 */
export function missingTestPackages(present) {
  return TEST_PROGRAMS.filter(({ program }) => !present(program)).map((entry) => entry.package);
}

/** @param {NodeJS.ProcessEnv} env @returns {string[]} */
const missing = (env) =>
  missingTestPackages(
    (program) =>
      findProgram(program, env) !== undefined ||
      isPostgresProgram(program) ||
      existsSync(join(NGINX_MODULES, program)),
  );

/** @param {string} program */
const isPostgresProgram = (program) =>
  existsSync(POSTGRES_FOLDER) &&
  readdirSync(POSTGRES_FOLDER).some((version) => existsSync(join(POSTGRES_FOLDER, version, 'bin', program)));

/** @param {{ env: NodeJS.ProcessEnv }} context */
export const testProgramsReady = ({ env }) => missing(env).length === 0;

/**
 * Brings what `npm test` drives: a broker, a database, a browser, a TURN server, an RTMP server, network namespaces and filters.
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
  const services = packages.filter((name) => SERVICES.includes(name));
  if (services.length === 0) return;
  context.progress.note(
    `Debian starts ${services.join(', ')} as system services, which Portico's tests do not use; to stop them:`,
  );
  const units = services.map((name) => (name === 'nginx-light' ? 'nginx' : name));
  context.progress.note(`  sudo systemctl disable --now ${units.join(' ')}`);
}
