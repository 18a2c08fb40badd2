import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** Keys of a deployment that several processes must agree on, as the configuration wants them. */
function generate(service: string) {
  const key = () => randomBytes(32).toString('hex');
  return {
    auth: { services: [{ id: service, key: key() }] },
    reconnection: { ticket_key: key() },
    database: { key: key() },
  };
}

/** `portico keys generate`. */
export function addKeysCommands(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('Make keys.');
  keys
    .command('generate')
    .description('Print fresh keys: sections to put into the configuration of all processes.')
    .option('--service <id>', 'name of the service whose key it is', 'my-app')
    .option('--json', 'as JSON instead of TOML')
    .action(({ service, json }: { service: string; json?: boolean }) => {
      const made = generate(service);
      if (json === true) {
        terminal.out(JSON.stringify(made, null, 2));
        return;
      }
      terminal.out(
        [
          '# Signs tokens and requests to the management API.',
          '[[auth.services]]',
          `id = ${JSON.stringify(service)}`,
          `key = "${made.auth.services[0]?.key ?? ''}"`,
          '',
          '# Signs reconnection tickets.',
          '[reconnection]',
          `ticket_key = "${made.reconnection.ticket_key}"`,
          '',
          '# Encrypts the keys of services in the database. Keep a copy: without it they are lost.',
          '[database]',
          `key = "${made.database.key}"`,
        ].join('\n'),
      );
    });
}
