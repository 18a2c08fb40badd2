import type { Command } from 'commander';
import type { StreamingIn } from '../../management-api/sdk/index.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { kbits } from '../units.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

function tracksOf({ stream, transcoded }: StreamingIn): string | undefined {
  if (stream === null) return undefined;
  const { audio, video } = stream.media;
  const anew = (kind: 'audio' | 'video') => (transcoded[kind] ? ' (encoded anew)' : '');
  return [
    ...(audio === false ? [] : [`${audio.format.codec}${anew('audio')}`]),
    ...(video === false ? [] : [`${video.original[0]?.format.codec ?? 'video'}${anew('video')}`]),
  ].join(', ');
}

function listText(all: readonly StreamingIn[]): string {
  if (all.length === 0) return 'Nothing is fetched into the room.';
  const rows = all.map((one) => [one.id, one.status, one.url, tracksOf(one), kbits(one.bitrate), one.agent]);
  const problems = all.flatMap(({ id, error }) => (error === undefined ? [] : [`${id}: ${error.message}`]));
  return [table(['id', 'status', 'url', 'tracks', 'rate', 'agent'], rows), ...problems].join('\n');
}

interface StartFlags extends ApiFlags {
  audio: boolean;
  video: boolean;
  udp?: boolean;
  loop?: boolean;
  name?: string;
}

const startHelp = `
It answers when media come, or with what the source says. Examples:
  portico stream-in start demo rtsp://user:password@camera.example.com/live
  portico stream-in start demo https://example.com/channel/index.m3u8 --no-audio
  portico stream-in start demo file:///srv/media/intro.mp4 --loop     (a folder of [streaming] input_folders)`;

function addStart(group: Command, terminal: Terminal): void {
  const command = group
    .command('start <room> <url>')
    .description('Fetch a stream from a URL into a room; the room starts with it when it does not run.')
    .option('--no-audio', 'leave its sound out')
    .option('--no-video', 'leave its picture out')
    .option('--udp', 'fetch RTSP over UDP instead of TCP')
    .option('--loop', 'begin a file again when it is over')
    .option('--name <text>', 'what participants see as its name');
  addApiOptions(command)
    .addHelpText('after', startHelp)
    .action(async (room: string, url: string, flags: StartFlags) => {
      const { streamingIns } = await adminOf(flags, terminal);
      const auto = (taken: boolean) => (taken ? ('auto' as const) : false);
      const stream = await streamingIns.start(room, {
        connection: {
          url,
          ...(flags.udp === true ? { transportProtocol: 'udp' as const } : {}),
          ...(flags.loop === true ? { loop: true } : {}),
        },
        media: { audio: auto(flags.audio), video: auto(flags.video) },
        ...(flags.name === undefined ? {} : { attributes: { name: flags.name } }),
      });
      show(flags, terminal, stream, ({ id }) => `Stream ${id} is in room '${room}' now.`);
    });
}

/** `portico stream-in start|list|stop`. */
export function addStreamInCommands(program: Command, terminal: Terminal): void {
  const group = program.command('stream-in').description('Fetch streams from URLs into a room.');
  addStart(group, terminal);
  addApiOptions(group.command('list <room>').description('List fetched streams.')).action(
    async (room: string, flags: ApiFlags) => {
      show(flags, terminal, await (await adminOf(flags, terminal)).streamingIns.list(room), listText);
    },
  );
  addApiOptions(group.command('stop <room> <stream>').description('End a fetched stream.')).action(
    async (room: string, id: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).streamingIns.stop(room, id);
      show(flags, terminal, { stopped: id }, () => `Stream ${id} is not fetched any more.`);
    },
  );
}
