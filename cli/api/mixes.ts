import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { NewLayout, PorticoAdmin, Stream, View } from '../../management-api/sdk/index.ts';
import { fields } from '../table.ts';
import { CommandError, exitCode, type Terminal } from '../terminal.ts';
import { drawLayout } from './layout-drawing.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

/** Names that stand for templates. */
const templates: Readonly<Record<string, 'fluid' | 'lecture' | null>> = {
  grid: 'fluid',
  fluid: 'fluid',
  lecture: 'lecture',
  configured: null,
};

interface ViewFlags extends ApiFlags {
  view: string;
}

const percentText = (part: number): string => `${(part * 100).toFixed(1)} %`;

function measureText({ measure }: View): Record<string, string> {
  if (measure === undefined) return {};
  const { framerate, composeMs, delayMs, decoding, loss, cpu, skipped, restarts } = measure;
  return {
    'frames per second': framerate.toFixed(1),
    delay: `${Math.round(delayMs.p50)} ms (95 %: ${Math.round(delayMs.p95)} ms)`,
    composing: `${composeMs.p50.toFixed(1)} ms (95 %: ${composeMs.p95.toFixed(1)} ms)`,
    decoding: `${decoding} pictures`,
    'lost packets': percentText(loss),
    CPU: `${cpu.toFixed(2)} cores`,
    'skipped, restarts': `${skipped}, ${restarts}`,
  };
}

/** Size of the picture of a view; undefined: it has none. */
function sizeOf({ stream: { media } }: View): { width: number; height: number } | undefined {
  if (media.video === false) return undefined;
  return media.video.original[0]?.parameters?.resolution ?? { width: 640, height: 480 };
}

function viewText(view: View, names: ReadonlyMap<string, string>): string {
  const { layout, activeInput } = view.stream.info;
  const size = sizeOf(view);
  const shown = new Set<string>(layout.flatMap(({ stream }) => stream ?? []));
  const name = (id: string): string => names.get(id) ?? id;
  const others = view.inputs.filter((id) => !shown.has(id)).map(name);
  const facts = fields({
    view: view.label,
    stream: view.stream.id,
    state: view.running ? `mixed at ${view.agent ?? ''}` : 'idle: nobody receives it',
    picture: size === undefined ? 'none' : `${size.width}x${size.height}`,
    ...(activeInput === 'unknown' ? {} : { speaks: name(activeInput) }),
    ...(others.length === 0 ? {} : { 'not shown': others.join(', ') }),
    ...measureText(view),
  });
  if (size === undefined || layout.length === 0) return facts;
  const drawing = drawLayout(layout, size.width / size.height, ({ stream, region }) =>
    stream === undefined ? `(${region.id})` : `${region.id}: ${name(stream)}`,
  );
  return `${facts}\n\n${drawing}`;
}

/** Whose each stream is. */
async function namesOf(admin: PorticoAdmin, room: string): Promise<Map<string, string>> {
  const [streams, people] = await Promise.all([admin.streams.list(room), admin.participants.list(room)]);
  const users = new Map<string, string>(people.map(({ id, user }) => [id, user]));
  const owned = streams.filter((stream): stream is Stream & { type: 'forward' } => stream.type === 'forward');
  return new Map(owned.map(({ id, info }) => [id, users.get(info.owner) ?? info.owner]));
}

async function showViews(
  flags: ApiFlags,
  terminal: Terminal,
  { room, view }: { room: string; view?: string },
) {
  const admin = await adminOf(flags, terminal);
  const views = view === undefined ? await admin.mixes.views(room) : [await admin.mixes.view(room, view)];
  const names = await namesOf(admin, room);
  show(flags, terminal, views, (all) =>
    all.length === 0
      ? 'The room does not run, or has no views.'
      : all.map((one) => viewText(one, names)).join('\n\n'),
  );
}

/** Reads a layout: JSON, or the name of a file with JSON. */
async function readLayout(text: string): Promise<NewLayout> {
  const inline = text.trimStart().startsWith('[');
  const json = inline
    ? text
    : await readFile(text, 'utf8').catch(() => {
        const known = Object.keys(templates).join(', ');
        throw new CommandError(
          `'${text}' is no file that can be read, and none of ${known}.`,
          exitCode.usage,
        );
      });
  try {
    const layout: unknown = JSON.parse(json);
    if (Array.isArray(layout)) return layout as NewLayout;
  } catch {
    // Said below.
  }
  throw new CommandError(
    `${inline ? 'This' : `'${text}'`} is no JSON array of {stream, region}.`,
    exitCode.usage,
  );
}

async function setLayout(
  admin: PorticoAdmin,
  { room, view }: { room: string; view: string },
  wanted: string,
) {
  const { mixes } = admin;
  const template = templates[wanted];
  if (Object.hasOwn(templates, wanted)) return await mixes.setTemplate(room, view, template ?? null);
  return await mixes.setLayout(room, view, await readLayout(wanted));
}

const layoutHelp = `
What a layout is:
  grid         equal regions, as many as there are inputs
  lecture      one large region and small ones around it
  configured   as the settings of the room say
  FILE         JSON in a file, as 'portico mix layout ROOM VIEW' prints it
  '[...]'      the same on the command line:
               [{"stream":"<id>","region":{"id":"1","shape":"rectangle",
                 "area":{"left":"0","top":"0","width":"2/3","height":"1"}}}, ...]
               Fractions of the picture; regions without a stream come last. A region may lie inside an earlier one.
Without one the layout is printed as JSON, to be changed and given back.`;

/** `portico mix add|remove`. */
function addInputCommands(mix: Command, terminal: Terminal): void {
  for (const verb of ['add', 'remove'] as const) {
    const command = mix
      .command(`${verb} <room> <stream>`)
      .description(verb === 'add' ? 'Put a stream into a view.' : 'Take a stream out of a view.')
      .option('--view <label>', 'the view', 'common');
    addApiOptions(command).action(async (room: string, stream: string, { view, ...flags }: ViewFlags) => {
      const { mixes } = await adminOf(flags, terminal);
      const changed = await (verb === 'add'
        ? mixes.mix(room, stream, view)
        : mixes.unmix(room, stream, view));
      const done = verb === 'add' ? 'is in' : 'is not in';
      show(flags, terminal, changed, () => `Stream ${stream} ${done} the view '${view}' now.`);
    });
  }
}

/** `portico mix layout`. */
function addLayoutCommand(mix: Command, terminal: Terminal): void {
  const command = mix
    .command('layout <room> <view> [layout]')
    .description('Change what a view shows where, or print it.');
  addApiOptions(command)
    .addHelpText('after', layoutHelp)
    .action(async (room: string, view: string, wanted: string | undefined, flags: ApiFlags) => {
      const admin = await adminOf(flags, terminal);
      if (wanted === undefined) {
        const layout = await admin.mixes.layout(room, view);
        terminal.out(JSON.stringify(layout, null, 2));
        return;
      }
      const changed = await setLayout(admin, { room, view }, wanted);
      const names = await namesOf(admin, room);
      show(flags, terminal, changed, (value) => viewText(value, names));
    });
}

/** `portico mix primary|place|follow`. */
function addPlaceCommands(mix: Command, terminal: Terminal): void {
  const report = async (flags: ApiFlags, room: string, change: (admin: PorticoAdmin) => Promise<View>) => {
    const admin = await adminOf(flags, terminal);
    const changed = await change(admin);
    const names = await namesOf(admin, room);
    show(flags, terminal, changed, (value) => viewText(value, names));
  };

  addApiOptions(
    mix
      .command('primary <room> <view> <stream>')
      .description('Put a stream into the first region; the two change places.'),
  ).action(async (room: string, view: string, stream: string, flags: ApiFlags) => {
    await report(flags, room, ({ mixes }) => mixes.setPrimary(room, view, stream));
  });

  addApiOptions(
    mix
      .command('place <room> <view> <stream> <region>')
      .description('Put a stream into a region, by its id; the two change places.'),
  ).action(async (room: string, view: string, stream: string, region: string, flags: ApiFlags) => {
    await report(flags, room, ({ mixes }) => mixes.setRegion(room, view, stream, region));
  });

  addApiOptions(
    mix
      .command('follow <room> <view>')
      .argument('<on|off>', 'whether whoever speaks moves to the first region', onOff)
      .description('Let the first region follow the speaker, or not.'),
  ).action(async (room: string, view: string, follow: boolean, flags: ApiFlags) => {
    await report(flags, room, ({ mixes }) => mixes.followSpeaker(room, view, follow));
  });
}

function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('Give on or off.');
  return text === 'on';
}

/** `portico mix show|add|remove|layout|primary|place|follow`. */
export function addMixCommands(program: Command, terminal: Terminal): void {
  const mix = program
    .command('mix')
    .description('Mixed streams of a room: see them, put streams in, arrange them.');
  addApiOptions(
    mix
      .command('show <room> [view]')
      .description('Draw what the views of a room show, and tell how they do.'),
  ).action(async (room: string, view: string | undefined, flags: ApiFlags) => {
    await showViews(flags, terminal, { room, ...(view === undefined ? {} : { view }) });
  });
  addInputCommands(mix, terminal);
  addLayoutCommand(mix, terminal);
  addPlaceCommands(mix, terminal);
}
