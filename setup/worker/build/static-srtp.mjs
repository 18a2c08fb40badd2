// @ts-check
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, run } from '../../command.mjs';
import { readOsRelease } from '../key.mjs';
import { parseDeb822Sources, parseOneLineSources, sourcePackageEntries } from './apt-sources.mjs';

/**
 * Builds libsrtp 2 with OpenSSL from the distribution's source package. Debian's own binary of it uses
 * NSS and costs twice the CPU per packet, which is most of what an SFU does.
 *
 * The package lists that name the source go to a private folder: the machine's apt stays as it is.
 *
 * @param {{ folder: string, env: NodeJS.ProcessEnv, log: string }} context `folder`: empty, absolute
 * @returns {Promise<string>} absolute path of the folder with `libsrtp2.a`
 * @throws {Error} whose message says why there is none
 */
export async function buildStaticSrtp({ folder, env, log }) {
  const sources = join(folder, 'source');
  mkdirSync(sources, { recursive: true });
  const version = await installedSourceVersion(env);
  const options = privateApt(join(folder, 'apt'));
  await must('apt-get', [...options, 'update'], { env, log });
  await must('apt-get', [...options, 'source', '--only-source', `libsrtp2=${version}`], {
    cwd: sources,
    env,
    log,
  });
  const name = readdirSync(sources, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name;
  if (name === undefined) throw new Error('the source package of libsrtp2 was not unpacked');
  const cwd = join(sources, name);
  await must('./configure', ['--enable-openssl'], { cwd, env, log });
  await must('make', ['libsrtp2.a'], { cwd, env, log });
  return cwd;
}

/** The headers in use are the installed package's, so the library must be of the same version. @param {NodeJS.ProcessEnv} env */
async function installedSourceVersion(env) {
  const { code, output } = await run('dpkg-query', ['-W', '-f', '${source:Version}', 'libsrtp2-dev'], {
    env,
  });
  if (code !== 0) throw new Error('libsrtp2-dev is not installed');
  return output.trim();
}

/**
 * @param {string} folder
 * @returns {string[]} options that give apt-get its own sources, lists and cache
 */
function privateApt(folder) {
  const entries = sourcePackageEntries(machineSources('/etc/apt'), readOsRelease()['VERSION_CODENAME'] ?? '');
  if (entries === '') throw new Error('no package source of this distribution is configured in /etc/apt');
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'parts']) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'parts', 'portico.sources'), `${entries}\n`);
  const settings = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(folder, 'parts')}`,
    `Dir::State=${join(folder, 'state')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    'Acquire::Retries=1',
    // root's apt-get would download as a user that may not enter this folder.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

/** @param {string} etc */
function machineSources(etc) {
  const parts = join(etc, 'sources.list.d');
  const files = [join(etc, 'sources.list'), ...list(parts).map((name) => join(parts, name))];
  return files.flatMap((file) => {
    if (file.endsWith('.sources')) return parseDeb822Sources(read(file));
    return file.endsWith('.list') ? parseOneLineSources(read(file)) : [];
  });
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env: NodeJS.ProcessEnv, log: string }} options
 */
async function must(file, args, options) {
  const { code, output } = await run(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args.at(-1)} failed: ${lastLines(output, 1)}`);
}
