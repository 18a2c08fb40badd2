import type { Command } from 'commander';
import { stringify } from 'smol-toml';
import { ConfigError } from '../common/config/problems.ts';
import { masked } from '../common/config/mask.ts';
import { sampleToml } from '../common/config/sample.ts';
import { addConfigOptions, configOf, fileOf, type ConfigFlags, type Shortcut } from './config-options.ts';
import type { Terminal } from './terminal.ts';

const allShortcuts: Shortcut[] = ['host', 'port', 'bus', 'tlsCertificate', 'tlsKey', 'logLevel'];

/** Keys that are unset have no place in TOML. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== null && child !== undefined);
  return Object.fromEntries(entries.map(([name, child]) => [name, withoutNulls(child)]));
}

/** What is wrong; undefined: nothing. */
function problemsOf(flags: ConfigFlags, terminal: Terminal): ConfigError | undefined {
  try {
    configOf(flags, terminal);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** `portico config check|show|sample`. */
export function addConfigCommands(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('Check, show or write a configuration.');

  addConfigOptions(
    config
      .command('check')
      .description('Say everything that is wrong with a configuration.')
      .option('--json', 'as JSON'),
    allShortcuts,
  ).action((flags: ConfigFlags & { json?: boolean }) => {
    const problems = problemsOf(flags, terminal);
    if (flags.json === true)
      terminal.out(
        JSON.stringify({ valid: problems === undefined, problems: problems?.problems ?? [] }, null, 2),
      );
    if (problems !== undefined) throw problems;
    if (flags.json !== true) terminal.out(`${fileOf(flags, terminal) ?? 'The configuration'} is valid.`);
  });

  addConfigOptions(
    config
      .command('show')
      .description('Print the configuration in force (defaults, file, variables, flags), secrets hidden.')
      .option('--json', 'as JSON instead of TOML'),
    allShortcuts,
  ).action((flags: ConfigFlags & { json?: boolean }) => {
    const shown = masked(configOf(flags, terminal));
    terminal.out(
      flags.json === true ? JSON.stringify(shown, null, 2) : stringify(withoutNulls(shown)).trimEnd(),
    );
  });

  config
    .command('sample')
    .description('Print a configuration file with every key, its meaning, unit and default.')
    .action(() => {
      terminal.out(sampleToml().trimEnd());
    });
}
