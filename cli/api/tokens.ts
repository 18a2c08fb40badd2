import { Option, type Command } from 'commander';
import type { RevocationResult, Token } from '../../management-api/sdk/index.ts';
import { table, time } from '../table.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, collect, show, type ApiFlags } from './options.ts';

interface Filter {
  room?: string;
  user?: string;
  state?: Token['state'];
}

/** Newest tokens that are shown. */
const most = 100;

const listText = (tokens: readonly Token[]): string =>
  tokens.length === 0
    ? 'No tokens.'
    : table(
        ['id', 'state', 'room', 'user', 'role', 'issued', 'expires'],
        tokens.map(({ id, state, room, user, role, issuedAt, expiresAt }) => [
          id,
          state,
          room,
          user,
          role,
          time(issuedAt),
          time(expiresAt),
        ]),
      );

const revokedText = ({ dropped }: RevocationResult): string =>
  dropped === 0 ? 'Revoked; nobody was inside with it.' : `Revoked; ${dropped} people were removed.`;

/** `portico token list|revoke`. */
export function addTokenListCommands(token: Command, terminal: Terminal): void {
  const list = token
    .command('list')
    .description(`List the ${most} newest tokens that the API issued.`)
    .option('--room <id>', 'only of this room')
    .option('--user <name>', 'only of this user')
    .addOption(
      new Option('--state <state>', 'only in this state').choices(['issued', 'used', 'revoked', 'expired']),
    );
  addApiOptions(list).action(async ({ room, user, state, ...flags }: ApiFlags & Filter) => {
    const { tokens } = await adminOf(flags, terminal);
    const filter = {
      ...(room === undefined ? {} : { room }),
      ...(user === undefined ? {} : { user }),
      ...(state === undefined ? {} : { state }),
    };
    show(flags, terminal, await collect(tokens.list(filter), most), listText);
  });

  const revoke = token
    .command('revoke [id]')
    .description('Make a token, or all tokens of a user or room, worthless; who is inside is removed.')
    .option('--user <name>', 'all tokens of this user')
    .option('--room <id>', 'all tokens of this room; with --user: of that user in it');
  addApiOptions(revoke).action(
    async (id: string | undefined, { room, user, ...flags }: ApiFlags & Omit<Filter, 'state'>) => {
      const named = [id, room, user].some((part) => part !== undefined);
      if (!named) throw new CommandError('Name a token, --user or --room.', exitCode.usage);
      const { revocations } = await adminOf(flags, terminal);
      const body = {
        ...(id === undefined ? {} : { token: id }),
        ...(room === undefined ? {} : { room }),
        ...(user === undefined ? {} : { user }),
      } as Parameters<typeof revocations.create>[0];
      show(flags, terminal, await revocations.create(body), revokedText);
    },
  );
}
