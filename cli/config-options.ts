import { InvalidArgumentError, type Command } from 'commander';
import type { TextSetting } from '../common/config/environment.ts';
import { loadConfig } from '../common/config/load.ts';
import type { Config } from '../common/config/schema.ts';
import type { Terminal } from './terminal.ts';

/** Flags that are short for `--set`. */
const shortcuts = {
  host: { path: 'server.host', flags: '--host <address>', text: 'address to listen on' },
  port: { path: 'server.port', flags: '--port <number>', text: 'port to listen on' },
  apiPort: { path: 'management.port', flags: '--api-port <number>', text: 'port of the management API' },
  bus: { path: 'bus.url', flags: '--bus <url>', text: 'RabbitMQ, amqp://user:password@host/vhost' },
  tlsCertificate: {
    path: 'server.tls_certificate',
    flags: '--tls-certificate <file>',
    text: 'PEM file with the certificate chain, for https',
  },
  tlsKey: { path: 'server.tls_key', flags: '--tls-key <file>', text: 'PEM file with its private key' },
  logLevel: { path: 'observe.log_level', flags: '--log-level <level>', text: 'least level logged' },
} as const;
export type Shortcut = keyof typeof shortcuts;

/** What commander collects; names follow from the flags above. */
export interface ConfigFlags extends Partial<Record<Shortcut, string>> {
  config?: string;
  set?: TextSetting[];
}

function collectSetting(text: string, before: TextSetting[] = []): TextSetting[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as section.key=value.');
  const path = text.slice(0, at).trim();
  return [...before, { path, text: text.slice(at + 1), source: `--set ${path}` }];
}

/** Adds `--config`, `--set` and the given short forms to a command. */
export function addConfigOptions(command: Command, names: readonly Shortcut[]): Command {
  command.option('-c, --config <file>', 'configuration file, TOML (or the variable PORTICO_CONFIG)');
  for (const name of names) command.option(shortcuts[name].flags, shortcuts[name].text);
  return command.option('--set <key=value>', 'any key of the configuration; repeatable', collectSetting);
}

/** The configuration file that was named. */
export const fileOf = (flags: ConfigFlags, { env }: Terminal): string | undefined =>
  flags.config ?? (env['PORTICO_CONFIG'] === '' ? undefined : env['PORTICO_CONFIG']);

/** The configuration that a command runs with. */
export function configOf(flags: ConfigFlags, terminal: Terminal): Config {
  const short = Object.entries(shortcuts).flatMap(([name, { path, flags: flag }]) => {
    const text = flags[name as Shortcut];
    return text === undefined ? [] : [{ path, text, source: flag.split(' ')[0] ?? flag }];
  });
  const file = fileOf(flags, terminal);
  return loadConfig({
    ...(file === undefined ? {} : { file }),
    env: terminal.env,
    overrides: [...(flags.set ?? []), ...short],
  });
}
