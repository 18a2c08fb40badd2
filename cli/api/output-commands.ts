import { Option, type Command } from 'commander';
import type { OutputChanges, PorticoAdmin, Recording, StreamingOut } from '../../management-api/sdk/index.ts';
import { CommandError, type Terminal } from '../terminal.ts';
import { addMediaOptions, changesOf, type QualityFlags, type SourceFlags } from './media-options.ts';
import { addApiOptions, adminOf, show, type ApiFlags } from './options.ts';

type Output = Recording | StreamingOut;

/** What both parts of the SDK do alike. */
interface Outputs<T extends Output> {
  list(room: string): Promise<T[]>;
  stop(room: string, id: string): Promise<void>;
  pause(room: string, id: string, only?: 'audio' | 'video'): Promise<T>;
  play(room: string, id: string, only?: 'audio' | 'video'): Promise<T>;
  change(room: string, id: string, changes: OutputChanges): Promise<T>;
}

/** What differs between recordings and live streams. */
export interface OutputKind<T extends Output> {
  /** `Recording`, at the beginning of a sentence. */
  word: string;
  of: (admin: PorticoAdmin) => Outputs<T>;
  /** One of them, for people. */
  text: (output: T) => string;
}

/** What is received, in a word. */
export function sourcesOf({ media: { audio, video } }: Output): string {
  const say = (kind: string, track: typeof audio) =>
    track === false ? [] : [`${kind} ${track.from}${track.status === 'inactive' ? ' (paused)' : ''}`];
  if (audio !== false && video !== false && audio.from === video.from && audio.status === video.status)
    return `${audio.from}${audio.status === 'inactive' ? ' (paused)' : ''}`;
  return [...say('audio', audio), ...say('video', video)].join(', ');
}

/** Why something does not go, below a table or at the end of fields. */
export const errorsOf = (all: readonly Pick<Output, 'id' | 'error'>[]): string[] =>
  all.flatMap(({ id, error }) => (error === undefined ? [] : [`${id}: ${error.message}`]));

/** The one that is named, or the only one that runs. */
async function chosen(
  outputs: Outputs<Output>,
  { room, id, word }: { room: string; id: string | undefined; word: string },
) {
  if (id !== undefined) return id;
  const all = await outputs.list(room);
  const [only, ...others] = all;
  const what = word.toLowerCase();
  if (only === undefined) throw new CommandError(`No ${what} runs in room '${room}'.`);
  if (others.length === 0) return only.id;
  const ids = all.map((one) => `  ${one.id}  ${sourcesOf(one)}`);
  throw new CommandError(`Several run in room '${room}'; name one:\n${ids.join('\n')}`);
}

const kindOption = () => new Option('--kind <kind>', 'only one of the two').choices(['audio', 'video']);

type PauseFlags = ApiFlags & { kind?: 'audio' | 'video' };

/** Adds `stop`, `pause`, `play` and `change`: the same words for recordings and live streams. */
export function addOutputCommands<T extends Output>(
  group: Command,
  terminal: Terminal,
  kind: OutputKind<T>,
): void {
  const { word } = kind;
  const what = word.toLowerCase();
  const which = 'which one; it may be left out when only one runs';

  const stop = group.command('stop').argument('<room>').argument('[id]', which).description(`End a ${what}.`);
  addApiOptions(stop).action(async (room: string, named: string | undefined, flags: ApiFlags) => {
    const outputs = kind.of(await adminOf(flags, terminal));
    const id = await chosen(outputs, { room, id: named, word });
    await outputs.stop(room, id);
    show(flags, terminal, { stopped: id }, () => `${word} ${id} has ended.`);
  });

  for (const verb of ['pause', 'play'] as const) {
    const command = group
      .command(verb)
      .argument('<room>')
      .argument('[id]', which)
      .description(verb === 'pause' ? 'Silence, and the last picture.' : 'Go on after a pause.')
      .addOption(kindOption());
    addApiOptions(command).action(async (room: string, named: string | undefined, flags: PauseFlags) => {
      const outputs = kind.of(await adminOf(flags, terminal));
      const id = await chosen(outputs, { room, id: named, word });
      show(flags, terminal, await outputs[verb](room, id, flags.kind), kind.text);
    });
  }

  const change = group
    .command('change')
    .argument('<room>')
    .argument('[id]', which)
    .description(`Change what a ${what} receives, and how.`);
  addApiOptions(addMediaOptions(change)).action(
    async (room: string, named: string | undefined, flags: SourceFlags & QualityFlags) => {
      const changes = changesOf(room, flags);
      const outputs = kind.of(await adminOf(flags, terminal));
      const id = await chosen(outputs, { room, id: named, word });
      show(flags, terminal, await outputs.change(room, id, changes), kind.text);
    },
  );
}
