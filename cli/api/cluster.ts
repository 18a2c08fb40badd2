import type { Command } from 'commander';
import type { AuditEntry, Node } from '../../management-api/sdk/index.ts';
import { table, time } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, collect, show, type ApiFlags } from './options.ts';

/** Newest entries that are shown. */
const most = 100;

const nodesText = (nodes: readonly Node[]): string =>
  table(
    ['role', 'id', 'load', 'since', 'state', 'url'],
    nodes.map(({ role, id, load, startedAt, draining, url }) => [
      role,
      id,
      `${Math.round(load * 100)} %`,
      time(startedAt),
      draining ? 'draining' : 'up',
      url,
    ]),
  );

const auditText = (entries: readonly AuditEntry[]): string =>
  entries.length === 0
    ? 'Nothing was changed.'
    : table(
        ['when', 'service', 'user', 'action', 'room', 'target'],
        entries.map(({ at, service, user, action, room, target }) => [
          time(at),
          service,
          user,
          action,
          room,
          target,
        ]),
      );

/** `portico nodes` and `portico audit`. */
export function addClusterCommands(program: Command, terminal: Terminal): void {
  addApiOptions(
    program.command('nodes').description('List the processes of the cluster. For the super service.'),
  ).action(async (flags: ApiFlags) => {
    show(flags, terminal, await (await adminOf(flags, terminal)).cluster.nodes(), nodesText);
  });

  const audit = program
    .command('audit')
    .description(`List the ${most} latest changes made through the API.`)
    .option('--room <id>', 'only of this room');
  addApiOptions(audit).action(async ({ room, ...flags }: ApiFlags & { room?: string }) => {
    const { audit: log } = await adminOf(flags, terminal);
    const found = await collect(log.list(room === undefined ? {} : { room }), most);
    show(flags, terminal, found, auditText);
  });
}
