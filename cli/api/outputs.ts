import type { Command } from 'commander';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

interface MediaFlags extends ApiFlags {
  audio?: string;
  video?: string;
}

const from = (id: string | undefined) => (id === undefined ? (false as const) : { from: id as never });
const mediaOf = ({ audio, video }: MediaFlags) => ({ audio: from(audio), video: from(video) });

const addMedia = (command: Command): Command =>
  command
    .option('--audio <stream>', 'stream whose sound is taken')
    .option('--video <stream>', 'stream whose picture is taken');

const listText = (outputs: readonly { id: string }[]): string =>
  outputs.length === 0
    ? 'None.'
    : table(
        ['id'],
        outputs.map(({ id }) => [id]),
      );

/** `portico record start|stop|list`. */
function addRecordCommands(program: Command, terminal: Terminal): void {
  const record = program.command('record').description('Recordings of a room.');
  addApiOptions(record.command('list <room>').description('List recordings that run.')).action(
    async (room: string, flags: ApiFlags) => {
      show(flags, terminal, await (await adminOf(flags, terminal)).recordings.list(room), listText);
    },
  );
  addApiOptions(addMedia(record.command('start <room>').description('Start a recording.'))).action(
    async (room: string, flags: MediaFlags) => {
      const { recordings } = await adminOf(flags, terminal);
      show(flags, terminal, await recordings.start(room, { media: mediaOf(flags) }), ({ id }) => id);
    },
  );
  addApiOptions(record.command('stop <room> <recording>').description('Stop a recording.')).action(
    async (room: string, id: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).recordings.stop(room, id);
      show(flags, terminal, { stopped: id }, () => `Recording ${id} was stopped.`);
    },
  );
}

/** `portico stream-out start|stop|list`. */
function addStreamOutCommands(program: Command, terminal: Terminal): void {
  const out = program.command('stream-out').description('Live streams of a room to other servers.');
  addApiOptions(out.command('list <room>').description('List live streams.')).action(
    async (room: string, flags: ApiFlags) => {
      show(flags, terminal, await (await adminOf(flags, terminal)).streamingOuts.list(room), listText);
    },
  );
  addApiOptions(
    addMedia(out.command('start <room> <target>').description('Send a live stream to a URL.')),
  ).action(async (room: string, target: string, flags: MediaFlags) => {
    const { streamingOuts } = await adminOf(flags, terminal);
    const started = await streamingOuts.start(room, { url: target, media: mediaOf(flags) });
    show(flags, terminal, started, ({ id }) => id);
  });
  addApiOptions(out.command('stop <room> <id>').description('Stop a live stream.')).action(
    async (room: string, id: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).streamingOuts.stop(room, id);
      show(flags, terminal, { stopped: id }, () => `Live stream ${id} was stopped.`);
    },
  );
}

/** `portico record …` and `portico stream-out …`. */
export function addOutputCommands(program: Command, terminal: Terminal): void {
  addRecordCommands(program, terminal);
  addStreamOutCommands(program, terminal);
}
