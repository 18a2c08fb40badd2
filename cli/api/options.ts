import { InvalidArgumentError, type Command } from 'commander';
import { SigningKeys } from '../../common/auth/keys.ts';
import type { Config } from '../../common/config/schema.ts';
import type { AdminOptions, PorticoAdmin } from '../../management-api/sdk/index.ts';
import { publicUrl } from '../../portal/public-url.ts';
import { addConfigOptions, configOf, type ConfigFlags } from '../config-options.ts';
import { dataDir } from '../network.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';

/** Flags of every command that asks a running server. */
export interface ApiFlags extends ConfigFlags {
  url?: string;
  service?: string;
  json?: boolean;
}

/** Adds `--url`, `--service` and `--json` to a command that asks a running server. */
export function addApiOptions(command: Command): Command {
  command
    .option('--url <url>', 'the management API (or PORTICO_URL; default: as configured)')
    .option('--service <id>', 'service to act for (or PORTICO_SERVICE; default: the first one configured)')
    .option('--json', 'as JSON');
  return addConfigOptions(command, []).addHelpText(
    'after',
    '\nThe key of the service is read from PORTICO_KEY, else from the configuration or the data folder.',
  );
}

/** URL of the management API of a deployment with this configuration, seen from this machine. */
function apiUrl({ server, management }: Config): string {
  if (management.port === null) return publicUrl(server);
  const host = management.host === '' ? server.host : management.host;
  return publicUrl({ ...server, public_url: '', host, port: management.port });
}

/** The client that a command works with. */
export async function adminOf(flags: ApiFlags, terminal: Terminal): Promise<PorticoAdmin> {
  const { env } = terminal;
  const config = configOf(flags, terminal);
  const url = flags.url ?? env['PORTICO_URL'] ?? apiUrl(config);
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CommandError(
      `--url needs a URL that begins with http:// or https://, not '${url}'.`,
      exitCode.usage,
    );
  }
  const named = flags.service ?? env['PORTICO_SERVICE'];
  const given = env['PORTICO_KEY'];
  if (given !== undefined && given !== '') {
    if (named === undefined) {
      throw new CommandError('PORTICO_KEY needs the name of its service:  --service <id>', exitCode.usage);
    }
    return await connect({ url, service: named, key: given });
  }
  const keys = await SigningKeys.load({
    services: config.auth.services,
    makes: true,
    dataDir: dataDir(config, env),
  });
  const key = named === undefined ? keys.own : keys.get(named);
  if (key === undefined) {
    throw new CommandError(
      `There is no key of service '${named ?? ''}' in the configuration.\n  Name it:  PORTICO_KEY=... portico ...`,
      exitCode.usage,
    );
  }
  return await connect({ url, service: key.id, key: key.secret.export().toString('utf8') });
}

/** Loaded only by commands that ask a server: every other one would start more slowly. */
async function connect(options: AdminOptions): Promise<PorticoAdmin> {
  const { PorticoAdmin: Admin } = await import('../../management-api/sdk/index.ts');
  return new Admin(options);
}

/** Prints what a command found: for programs with `--json`, for people otherwise. */
export function show<T>(flags: ApiFlags, terminal: Terminal, value: T, text: (value: T) => string): void {
  terminal.out(flags.json === true ? JSON.stringify(value, null, 2) : text(value));
}

/** Reads an option that is JSON; what is in it is the server's to judge, which names the field. */
export const jsonOption =
  <T>(isOne: (value: unknown) => boolean, hint: string) =>
  (text: string): T => {
    try {
      const value: unknown = JSON.parse(text);
      if (isOne(value)) return value as T;
    } catch {
      // Said below.
    }
    throw new InvalidArgumentError(hint);
  };

/** All entries of a list, or the first ones. */
export async function collect<T>(entries: AsyncIterable<T>, most = Infinity): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) {
    if (found.length >= most) break;
    found.push(entry);
  }
  return found;
}
