import { Option, type Command } from 'commander';
import type { Kind } from '../../common/contract/media.ts';
import type { PorticoAdmin, Stream } from '../../management-api/sdk/index.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

function media({ media: { audio, video } }: Stream): [audio: string, video: string] {
  const status = (text: string, state: string) => (state === 'inactive' ? `${text} (muted)` : text);
  return [
    audio === false ? '-' : status(audio.format.codec, audio.status),
    video === false ? '-' : status(video.original.map(({ format }) => format.codec).join('+'), video.status),
  ];
}

const ownerOf = (stream: Stream): string | undefined =>
  stream.type === 'mixed' ? undefined : stream.info.owner;

const viewsOf = (stream: Stream): string | undefined =>
  stream.type === 'mixed' || stream.info.inViews.length === 0 ? undefined : stream.info.inViews.join(', ');

const listText = (streams: readonly Stream[]): string =>
  streams.length === 0
    ? 'Nothing is published in the room.'
    : table(
        ['id', 'type', 'owner', 'audio', 'video', 'mixed into'],
        streams.map((stream) => [stream.id, stream.type, ownerOf(stream), ...media(stream), viewsOf(stream)]),
      );

const statsHeadings = ['track', 'codec', 'size', 'fps', 'kbit/s', 'loss', 'score', 'layers'];

async function measured(admin: PorticoAdmin, room: string, id: string) {
  const { streams } = await admin.rooms.measures(room);
  return streams.filter((stream) => stream.id === id).flatMap(({ tracks }) => tracks);
}

type Measured = Awaited<ReturnType<typeof measured>>;

const statsText = (tracks: Measured): string =>
  tracks.length === 0
    ? 'Nothing of this stream arrives.'
    : table(
        statsHeadings,
        tracks.map(({ type, format, resolution, framerate, bitrate, loss, score, layers }) => [
          type,
          format?.codec,
          resolution === undefined ? undefined : `${resolution.width}x${resolution.height}`,
          framerate === undefined ? undefined : Math.round(framerate),
          Math.round(bitrate / 1000),
          `${(loss * 100).toFixed(1)} %`,
          score,
          layers === undefined ? undefined : `S${layers.spatial} T${layers.temporal}`,
        ]),
      );

const kindsOf = (kind: Kind | 'both'): Kind[] | undefined => (kind === 'both' ? undefined : [kind]);
const kindOption = () =>
  new Option('--kind <kind>', 'which tracks').choices(['audio', 'video', 'both']).default('both');

/** `portico stream list|stats|mute|unmute|end`. */
export function addStreamCommands(program: Command, terminal: Terminal): void {
  const stream = program.command('stream').description('What is published in a room: see, mute and end it.');

  addApiOptions(stream.command('list <room>').description('List the streams of a room.')).action(
    async (room: string, flags: ApiFlags) => {
      show(flags, terminal, await (await adminOf(flags, terminal)).streams.list(room), listText);
    },
  );

  addApiOptions(
    stream.command('stats <room> <stream>').description('Measure what a stream carries right now.'),
  ).action(async (room: string, id: string, flags: ApiFlags) => {
    show(flags, terminal, await measured(await adminOf(flags, terminal), room, id), statsText);
  });

  for (const verb of ['mute', 'unmute'] as const) {
    const command = stream
      .command(`${verb} <room> <stream>`)
      .description(
        `${verb === 'mute' ? 'Silence' : 'Let everybody receive'} a stream ${verb === 'mute' ? 'for everybody' : 'again'}.`,
      )
      .addOption(kindOption());
    addApiOptions(command).action(
      async (room: string, id: string, flags: ApiFlags & { kind: Kind | 'both' }) => {
        const { streams } = await adminOf(flags, terminal);
        const kinds = kindsOf(flags.kind);
        const changed = await (verb === 'mute'
          ? streams.mute(room, id, kinds)
          : streams.unmute(room, id, kinds));
        show(flags, terminal, changed, (value) => listText([value]));
      },
    );
  }

  addApiOptions(stream.command('end <room> <stream>').description('End a stream.')).action(
    async (room: string, id: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).streams.end(room, id);
      show(flags, terminal, { ended: id }, () => `Stream ${id} was ended.`);
    },
  );
}
