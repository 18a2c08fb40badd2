import { InvalidArgumentError, type Command } from 'commander';
import type { PorticoAdmin, Room, RoomUpdate } from '../../management-api/sdk/index.ts';
import { fields, table, time } from '../table.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, collect, jsonOption, show, type ApiFlags } from './options.ts';

interface SettingFlags extends ApiFlags {
  name?: string;
  participants?: number;
  streams?: number;
  settings?: RoomUpdate;
}

function limit(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= -1) return value;
  throw new InvalidArgumentError('Give a whole number, or -1 for no limit.');
}

const settings = jsonOption<RoomUpdate>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Give a JSON object, e.g. \'{"notifying":{"streamChange":false}}\'.',
);

const addSettings = (command: Command): Command =>
  command
    .option('--participants <limit>', 'most participants at a time; -1: no limit', limit)
    .option('--streams <limit>', 'most published streams at a time; -1: no limit', limit)
    .option('--settings <json>', 'further settings (see the API reference)', settings);

function settingsOf({ name, participants, streams, settings: more }: SettingFlags): RoomUpdate {
  return {
    ...more,
    ...(name === undefined ? {} : { name }),
    ...(participants === undefined ? {} : { participantLimit: participants }),
    ...(streams === undefined ? {} : { inputLimit: streams }),
  };
}

const unlimited = (value: number): string => (value < 0 ? 'none' : String(value));

const viewText = ({ label, video }: Room['views'][number]): string => {
  if (video === false) return `${label} (sound only)`;
  const { format, parameters, layout } = video;
  const { resolution, framerate } = parameters;
  const size = `${resolution.width}x${resolution.height}, ${framerate} fps`;
  return `${label} (${size}, ${format.codec}, ${layout.templates.base})`;
};

const recordText = (autoRecord: Room['autoRecord']): string =>
  autoRecord === false ? 'no' : `view ${autoRecord.view ?? '(the first)'}, ${autoRecord.container}`;

const describe = (room: Room): string =>
  fields({
    id: room._id,
    name: room.name,
    'participant limit': unlimited(room.participantLimit),
    'stream limit': unlimited(room.inputLimit),
    views: room.views.map(viewText).join('; ') || 'none',
    'mixes by itself': room.autoMix ? 'yes' : 'no',
    'records by itself': recordText(room.autoRecord),
    roles: room.roles.map(({ role }) => role).join(', '),
    'tells of people': room.notifying.participantActivities ? 'yes' : 'no',
    'tells of streams': room.notifying.streamChange ? 'yes' : 'no',
  });

interface ListedRoom {
  id: string;
  name: string;
  participants: number;
  streams: number;
  since?: number;
}

/** Stored rooms and those that run; the super service sees the latter of everybody. */
async function listed(admin: PorticoAdmin): Promise<ListedRoom[]> {
  const [stored, running] = await Promise.all([collect(admin.rooms.list()), admin.cluster.rooms()]);
  const live = new Map(running.map((room) => [String(room.room), room]));
  const names = new Map<string, string>(stored.map(({ _id, name }) => [_id, name]));
  const ids = [...new Set([...live.keys(), ...names.keys()])];
  return ids.map((id) => {
    const { participants = 0, streams = 0, since } = live.get(id) ?? {};
    return {
      id,
      name: names.get(id) ?? '',
      participants,
      streams,
      ...(since === undefined ? {} : { since }),
    };
  });
}

const listText = (rooms: readonly ListedRoom[]): string =>
  rooms.length === 0
    ? 'No rooms.'
    : table(
        ['id', 'name', 'people', 'streams', 'running since'],
        rooms.map(({ id, name, participants, streams, since }) => [
          id,
          name,
          participants,
          streams,
          since === undefined ? undefined : time(since),
        ]),
      );

const words = {
  now: 'in effect now',
  'at-next-start': 'in effect when the room starts next',
  pending: 'in effect as soon as its agent answers',
} as const;

/** `portico room list|get|create|update|delete`. */
export function addRoomCommands(program: Command, terminal: Terminal): void {
  const room = program.command('room').description('Rooms: list, make, change and delete them.');

  addApiOptions(room.command('list').description('List rooms, running ones first.')).action(
    async (flags: ApiFlags) => {
      show(flags, terminal, await listed(await adminOf(flags, terminal)), listText);
    },
  );

  addApiOptions(room.command('get <room>').description('Show the settings of a room.')).action(
    async (id: string, flags: ApiFlags) => {
      const { room: found } = await (await adminOf(flags, terminal)).rooms.get(id);
      show(flags, terminal, found, describe);
    },
  );

  const create = room.command('create <name>').description('Make a room and print its id.');
  addApiOptions(addSettings(create.option('--id <id>', 'id of the room; made up when absent'))).action(
    async (name: string, flags: SettingFlags & { id?: string }) => {
      const admin = await adminOf(flags, terminal);
      const options = settingsOf(flags);
      const { room: made } = await admin.rooms.create({
        name,
        options,
        ...(flags.id === undefined ? {} : { id: flags.id }),
      });
      show(flags, terminal, made, ({ _id }) => _id);
    },
  );

  const update = room.command('update <room>').description('Change settings of a room.');
  addApiOptions(addSettings(update.option('--name <name>', 'name for people'))).action(
    async (id: string, flags: SettingFlags) => {
      const change = settingsOf(flags);
      if (Object.keys(change).length === 0) {
        throw new CommandError('Name what is to change (--help lists it).', exitCode.usage);
      }
      const changed = await (await adminOf(flags, terminal)).rooms.update(id, change);
      const when = words[changed.applied];
      show(flags, terminal, changed.room, (value) => `${describe(value)}\n\nChanged, ${when}.`);
    },
  );

  addApiOptions(
    room.command('delete <room>').description('Delete a room; everybody inside is sent away.'),
  ).action(async (id: string, flags: ApiFlags) => {
    await (await adminOf(flags, terminal)).rooms.delete(id);
    show(flags, terminal, { deleted: id }, () => `Room ${id} deleted.`);
  });
}
