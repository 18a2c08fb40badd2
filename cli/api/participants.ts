import { InvalidArgumentError, type Command } from 'commander';
import type { Participant, PermissionChanges } from '../../management-api/sdk/index.ts';
import { table, time } from '../table.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

type Kinds = NonNullable<PermissionChanges['publish']>;

/** `both`, `audio`, `video` or `none`. */
function kinds(text: string): Kinds {
  if (!['both', 'audio', 'video', 'none'].includes(text)) {
    throw new InvalidArgumentError('Give both, audio, video or none.');
  }
  return { audio: text === 'both' || text === 'audio', video: text === 'both' || text === 'video' };
}

function word({ audio, video }: Participant['permission']['publish'] & object = {}): string {
  if (audio === true) return video === true ? 'both' : 'audio';
  return video === true ? 'video' : 'none';
}

const listText = (people: readonly Participant[]): string =>
  people.length === 0
    ? 'Nobody is in the room.'
    : table(
        ['id', 'user', 'role', 'publishes', 'receives', 'connection', 'since'],
        people.map(({ id, user, role, permission, connection, joinedAt }) => [
          id,
          user,
          role,
          word(permission.publish),
          word(permission.subscribe),
          connection,
          time(joinedAt),
        ]),
      );

/** `portico participant list|permit|drop`. */
export function addParticipantCommands(program: Command, terminal: Terminal): void {
  const participant = program
    .command('participant')
    .description('People in a room: see them, change what they may do, remove them.');

  addApiOptions(participant.command('list <room>').description('List who is in a room.')).action(
    async (room: string, flags: ApiFlags) => {
      show(flags, terminal, await (await adminOf(flags, terminal)).participants.list(room), listText);
    },
  );

  const permit = participant
    .command('permit <room> <participant>')
    .description('Change what somebody may send and receive, at once.')
    .option('--publish <kinds>', 'both, audio, video or none', kinds)
    .option('--subscribe <kinds>', 'both, audio, video or none', kinds);
  addApiOptions(permit).action(async (room: string, id: string, flags: ApiFlags & PermissionChanges) => {
    const { publish, subscribe } = flags;
    if (publish === undefined && subscribe === undefined) {
      throw new CommandError('Give --publish or --subscribe.', exitCode.usage);
    }
    const changes = {
      ...(publish === undefined ? {} : { publish }),
      ...(subscribe === undefined ? {} : { subscribe }),
    };
    const changed = await (await adminOf(flags, terminal)).participants.permit(room, id, changes);
    show(flags, terminal, changed, (value) => listText([value]));
  });

  addApiOptions(
    participant
      .command('drop <room> <participant>')
      .description('Remove somebody; an unused token of the same user still works (token revoke --user).'),
  ).action(async (room: string, id: string, flags: ApiFlags) => {
    await (await adminOf(flags, terminal)).participants.drop(room, id);
    show(flags, terminal, { dropped: id }, () => `Participant ${id} was removed.`);
  });
}
