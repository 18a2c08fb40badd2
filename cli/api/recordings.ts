import { InvalidArgumentError, Option, type Command } from 'commander';
import type { EndedRecording, Recording } from '../../management-api/sdk/index.ts';
import { fields, table, time } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { duration, kbits, size } from '../units.ts';
import { addMediaOptions, selectionOf, type QualityFlags, type SourceFlags } from './media-options.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';
import { addOutputCommands, errorsOf, sourcesOf } from './output-commands.ts';

const containers = ['auto', 'mp4', 'mkv', 'webm', 'ts'] as const;
type ContainerName = (typeof containers)[number];

function recordingText(recording: Recording): string {
  const { id, status, storage, durationMs, bytes, dropped, agent, error } = recording;
  return fields({
    recording: id,
    status,
    records: sourcesOf(recording),
    file: storage.file,
    agent,
    length: duration(durationMs),
    size: size(bytes),
    ...(dropped === 0 ? {} : { 'pictures left out': dropped }),
    ...(error === undefined ? {} : { problem: error.message }),
  });
}

function runningText(recordings: readonly Recording[]): string {
  if (recordings.length === 0) return 'Nothing is being recorded.  Those that are over:  --ended';
  const rows = recordings.map((recording) => {
    const { id, status, durationMs, bytes, bitrate, storage, agent } = recording;
    const shown = [duration(durationMs), size(bytes), kbits(bitrate)];
    return [id, status, sourcesOf(recording), ...shown, storage.file, agent];
  });
  const headings = ['id', 'status', 'records', 'length', 'size', 'rate', 'file', 'agent'];
  return [table(headings, rows), ...errorsOf(recordings)].join('\n');
}

function endedText(recordings: readonly EndedRecording[]): string {
  if (recordings.length === 0) return 'No recording is over.';
  const rows = recordings.flatMap(({ id, startedAt, reason, durationMs, bytes, files }) => {
    const [first, ...others] = files;
    const at = (file: typeof first) => [file?.name, file?.uploaded ?? file?.agents.join(', ')];
    return [
      [id, time(startedAt), duration(durationMs), size(bytes), reason, ...at(first)],
      ...others.map((file) => ['', '', '', '', '', ...at(file)]),
    ];
  });
  return table(['id', 'began', 'length', 'size', 'ended by', 'file', 'where'], rows);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000) return value;
  throw new InvalidArgumentError('Give a number from 1 to 1000.');
}

const startHelp = `
Without --view, --audio or --video the view 'common' is recorded, with sound and picture. Examples:
  portico record start demo
  portico record start demo --view lecture --container mp4
  portico record start demo --audio <stream>                  only the sound of one stream
  portico record start demo --audio demo-common --video <stream>`;

interface StartFlags extends SourceFlags, QualityFlags {
  container: ContainerName;
}

function addStart(record: Command, terminal: Terminal): void {
  const command = record
    .command('start <room>')
    .description('Start a recording; the room starts with it when it does not run.')
    .addOption(
      new Option('--container <kind>', 'kind of file; auto: mp4 when it can carry the codecs, else mkv')
        .choices(containers)
        .default('auto'),
    );
  addApiOptions(addMediaOptions(command, 'common'))
    .addHelpText('after', startHelp)
    .action(async (room: string, flags: StartFlags) => {
      const media = selectionOf(room, flags);
      const { recordings } = await adminOf(flags, terminal);
      const started = await recordings.start(room, { container: flags.container, media });
      show(flags, terminal, started, recordingText);
    });
}

interface ListFlags extends ApiFlags {
  ended?: boolean;
  limit: number;
}

function addList(record: Command, terminal: Terminal): void {
  const command = record
    .command('list <room>')
    .description('List recordings that run, or those that are over.')
    .option('--ended', 'those that are over, newest first, with their files')
    .option('--limit <n>', 'how many of those that are over', count, 20);
  addApiOptions(command).action(async (room: string, flags: ListFlags) => {
    const { recordings } = await adminOf(flags, terminal);
    if (flags.ended === true) {
      show(flags, terminal, await recordings.ended(room, flags.limit), endedText);
    } else {
      show(flags, terminal, await recordings.list(room), runningText);
    }
  });
}

const anyText = (recording: Recording | EndedRecording): string =>
  'endedAt' in recording ? endedText([recording]) : recordingText(recording);

function addShow(record: Command, terminal: Terminal): void {
  const command = record
    .command('show <room> <id>')
    .description('Show a recording that runs, whose files are being finished (finalising), or that is over.');
  addApiOptions(command).action(async (room: string, id: string, flags: ApiFlags) => {
    const { recordings } = await adminOf(flags, terminal);
    show(flags, terminal, await recordings.get(room, id), anyText);
  });
}

/** `portico record start|list|show|stop|pause|play|change`. */
export function addRecordCommands(program: Command, terminal: Terminal): void {
  const record = program.command('record').description('Record what is in a room: streams and views.');
  addStart(record, terminal);
  addList(record, terminal);
  addShow(record, terminal);
  addOutputCommands(record, terminal, {
    word: 'Recording',
    of: ({ recordings }) => recordings,
    text: recordingText,
  });
}
