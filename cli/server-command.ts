import type { Command } from 'commander';
import { addConfigOptions, type Shortcut } from './config-options.ts';
import type { ServiceRole } from './member.ts';
import type { ServerFlags } from './serve.ts';
import type { Terminal } from './terminal.ts';

const descriptions: Readonly<Record<ServiceRole, string>> = {
  portal: 'Run a portal: signalling of clients, the page and the SDK.',
  conference: 'Run a conference agent: it owns rooms.',
  access: 'Run an access agent: it carries the media.',
  mixer: 'Run a mixer agent: it makes one picture and sound of a room out of many.',
  api: 'Run the management API: rooms, tokens, webhooks, the admin page.',
};

const listening: readonly Shortcut[] = ['host', 'port', 'tlsCertificate', 'tlsKey'];
/** Where a service listens; agents are reached over the bus alone. */
const addresses: Readonly<Partial<Record<ServiceRole, readonly Shortcut[]>>> = {
  portal: listening,
  api: ['host', 'apiPort', 'tlsCertificate', 'tlsKey'],
};
const dev = ['--dev', 'hand out tokens to everybody who opens the page'] as const;

const startExamples = `
Examples:
  portico start                                        on this machine only, with tokens for everybody
  portico start --host 0.0.0.0 --tls-certificate fullchain.pem --tls-key privkey.pem
  portico start --config portico.toml                  'portico config sample' prints one`;

/** `portico start|portal|conference|access|mixer|api`. */
export function addServerCommands(program: Command, terminal: Terminal): void {
  // The engines are loaded only by commands that need them.
  const serveAs = (roles: readonly ServiceRole[]) => async (flags: ServerFlags) => {
    const { serve } = await import('./serve.ts');
    await serve({ flags, terminal, roles });
  };
  const start = program.command('start').description('Run everything in one process, on this machine.');
  addConfigOptions(start, [...listening, 'apiPort', 'bus', 'logLevel'])
    .option(...dev)
    .addHelpText('after', startExamples)
    .action(serveAs(['conference', 'access', 'mixer', 'api', 'portal']));
  for (const role of ['portal', 'conference', 'access', 'mixer', 'api'] as const) {
    const command = program.command(role).description(`${descriptions[role]} Needs RabbitMQ.`);
    addConfigOptions(command, [...(addresses[role] ?? []), 'bus', 'logLevel']);
    if (role === 'portal') command.option(...dev);
    command.action(serveAs([role]));
  }
}
