import type { Command } from 'commander';
import { addConfigOptions, configOf, type ConfigFlags } from './config-options.ts';
import { portsOf } from './ports.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** `portico ports`. */
export function addPortsCommand(program: Command, terminal: Terminal): void {
  const ports = program
    .command('ports')
    .description('Print the ports that a configuration opens, and who must reach them.')
    .option('--json', 'as JSON');
  addConfigOptions(ports, ['host', 'port', 'apiPort', 'bus']).action(
    (flags: ConfigFlags & { json?: boolean }) => {
      const uses = portsOf(configOf(flags, terminal));
      if (flags.json === true) terminal.out(JSON.stringify(uses, null, 2));
      else {
        const rows = uses.map(({ ports, transport, address, use, reachedBy }) => [
          ports,
          transport,
          address,
          reachedBy,
          use,
        ]);
        terminal.out(table(['ports', 'transport', 'address', 'reached by', 'use'], rows));
      }
    },
  );
}
