import { InvalidArgumentError, Option, type Command } from 'commander';
import type { NewStreamingOut, StreamingOut } from '../../management-api/sdk/index.ts';
import { fields, table } from '../table.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';
import { duration, kbits } from '../units.ts';
import { addMediaOptions, selectionOf, type QualityFlags, type SourceFlags } from './media-options.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';
import { addOutputCommands, errorsOf, sourcesOf } from './output-commands.ts';

const protocols = ['rtmp', 'rtsp', 'srt', 'hls', 'dash'] as const;

function liveText(live: StreamingOut): string {
  const { id, status, url, protocol, durationMs, bitrate, dropped, reconnects, agent, error } = live;
  return fields({
    'live stream': id,
    status,
    sends: sourcesOf(live),
    [protocol]: url,
    agent,
    'live for': duration(durationMs),
    rate: kbits(bitrate),
    ...(dropped === 0 ? {} : { 'pictures left out': dropped }),
    ...(reconnects === 0 ? {} : { 'connected again': `${reconnects} times` }),
    ...(error === undefined ? {} : { problem: error.message }),
  });
}

function listText(all: readonly StreamingOut[]): string {
  if (all.length === 0) return 'Nothing is sent anywhere.';
  const rows = all.map((live) => {
    const { id, status, protocol, url, durationMs, bitrate, agent } = live;
    return [id, status, sourcesOf(live), protocol, url, duration(durationMs), kbits(bitrate), agent];
  });
  const headings = ['id', 'status', 'sends', 'protocol', 'url', 'live for', 'rate', 'agent'];
  return [table(headings, rows), ...errorsOf(all)].join('\n');
}

interface StartFlags extends SourceFlags, QualityFlags {
  protocol?: (typeof protocols)[number];
  segment?: number;
  segments?: number;
  method?: 'PUT' | 'POST';
}

const number =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least) return value;
    throw new InvalidArgumentError(`Give a number, at least ${least}.`);
  };

const startHelp = `
The protocol is told from the URL. Without a URL, hls and dash are served by the server itself; where is printed.
  portico stream-out start demo rtmp://live.example.com/app/key
  portico stream-out start demo 'srt://ingest.example.com:9000?streamid=demo' --view lecture
  portico stream-out start demo https://cdn.example.com/demo/index.m3u8 --segment 4
  portico stream-out start demo --protocol hls
Passwords and keys in the URL are never shown again.`;

/** The server tells lengths and numbers of segments apart by protocol. */
function parametersOf({ segment, segments, method }: StartFlags, isDash: boolean) {
  if (segment === undefined && segments === undefined && method === undefined) return {};
  const [time, list] = isDash
    ? (['dashSegDuration', 'dashWindowSize'] as const)
    : (['hlsTime', 'hlsListSize'] as const);
  return {
    parameters: {
      ...(segment === undefined ? {} : { [time]: segment }),
      ...(segments === undefined ? {} : { [list]: segments }),
      ...(method === undefined ? {} : { method }),
    },
  };
}

function addStart(group: Command, terminal: Terminal): void {
  const command = group
    .command('start <room> [url]')
    .description('Send a live stream to a URL, or have it served.')
    .addOption(new Option('--protocol <name>', 'when the URL does not say it').choices(protocols))
    .option('--segment <seconds>', 'length of a segment of hls and dash (default: 2)', number(0.5))
    .option('--segments <n>', 'segments in the playlist, 0 for all (default: 5)', number(0))
    .addOption(new Option('--method <method>', 'how segments are sent to a URL').choices(['PUT', 'POST']));
  addApiOptions(addMediaOptions(command, 'common'))
    .addHelpText('after', startHelp)
    .action(async (room: string, url: string | undefined, flags: StartFlags) => {
      const { protocol } = flags;
      if (url === undefined && protocol === undefined)
        throw new CommandError('Give a URL, or --protocol hls or dash to have it served.', exitCode.usage);
      const isDash = protocol === 'dash' || (protocol === undefined && /\.mpd(\?|$)/i.test(url ?? ''));
      const wanted: NewStreamingOut = {
        media: selectionOf(room, flags),
        ...(url === undefined ? {} : { url }),
        ...(protocol === undefined ? {} : { protocol }),
        ...parametersOf(flags, isDash),
      };
      const { streamingOuts } = await adminOf(flags, terminal);
      show(flags, terminal, await streamingOuts.start(room, wanted), liveText);
    });
}

/** `portico stream-out start|list|stop|pause|play|change`. */
export function addStreamOutCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('stream-out')
    .description('Send streams and views of a room to other servers.');
  addStart(group, terminal);
  addApiOptions(group.command('list <room>').description('List live streams.')).action(
    async (room: string, flags: ApiFlags) => {
      const { streamingOuts } = await adminOf(flags, terminal);
      show(flags, terminal, await streamingOuts.list(room), listText);
    },
  );
  addOutputCommands(group, terminal, {
    word: 'Live stream',
    of: ({ streamingOuts }) => streamingOuts,
    text: liveText,
  });
}
