import type { Command } from 'commander';
import type { Service } from '../../management-api/sdk/index.ts';
import { table, time } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

const listText = (services: readonly Service[]): string =>
  table(
    ['id', 'name', 'made'],
    services.map(({ _id, name, createdAt }) => [
      _id,
      name,
      createdAt === undefined ? 'in the configuration' : time(createdAt),
    ]),
  );

/** `portico service list|create|delete`. */
export function addServiceCommands(program: Command, terminal: Terminal): void {
  const service = program
    .command('service')
    .description('Services: applications with rooms and a key of their own. For the super service.');

  addApiOptions(service.command('list').description('List services.')).action(async (flags: ApiFlags) => {
    show(flags, terminal, await (await adminOf(flags, terminal)).services.list(), listText);
  });

  addApiOptions(
    service.command('create <name>').description('Make a service and print its id and key, this once.'),
  ).action(async (name: string, flags: ApiFlags) => {
    const made = await (await adminOf(flags, terminal)).services.create({ name });
    show(flags, terminal, made, ({ _id, key }) => `id   ${_id}\nkey  ${key}`);
  });

  addApiOptions(
    service
      .command('delete <id>')
      .description('Delete a service with its rooms; everybody inside is sent away.'),
  ).action(async (id: string, flags: ApiFlags) => {
    await (await adminOf(flags, terminal)).services.delete(id);
    show(flags, terminal, { deleted: id }, () => `Service ${id} deleted.`);
  });
}
