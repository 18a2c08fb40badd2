import { InvalidArgumentError, type Command } from 'commander';
import type { MediaSelection, OutputChanges } from '../../management-api/sdk/index.ts';
import { CommandError, exitCode } from '../terminal.ts';
import type { ApiFlags } from './options.ts';

/** Which sound and picture are taken: false where a flag says none. */
export interface SourceFlags extends ApiFlags {
  view?: string;
  audio?: string | false;
  video?: string | false;
}

/** How the picture is to be. */
export interface QualityFlags {
  resolution?: { width: number; height: number };
  framerate?: number;
  bitrate?: number | string;
  keyFrames?: number;
}

function resolution(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? [];
  if (width === undefined) throw new InvalidArgumentError('Give a size, such as 1280x720.');
  return { width: Number(width), height: Number(height) };
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Give a number.');
  return value;
}

function bitrate(text: string): number | string {
  return /^x\d/.test(text) ? text : number(text);
}

/** Adds `--view`, `--audio`, `--video` and what sizes and rates there may be. */
export function addMediaOptions(command: Command, fallback?: string): Command {
  const taken = fallback === undefined ? '' : ` (default: ${fallback})`;
  return command
    .option('--view <label>', `the view whose sound and picture are taken${taken}`)
    .option('--audio <stream>', 'take the sound of this stream')
    .option('--video <stream>', 'take the picture of this stream')
    .option('--no-audio', 'take no sound')
    .option('--no-video', 'take no picture')
    .option('--resolution <size>', 'size of the picture, such as 1280x720', resolution)
    .option('--framerate <n>', 'pictures per second: 6, 12, 15, 24, 30, 48 or 60', number)
    .option('--bitrate <kbit/s>', 'of the picture; or a factor: x0.8, x0.6, x0.4, x0.2', bitrate)
    .option('--key-frames <seconds>', 'longest time between key frames: 1, 2, 5, 30 or 100', number);
}

function qualityOf({ resolution: size, framerate, bitrate: rate, keyFrames }: QualityFlags) {
  const given = {
    ...(size === undefined ? {} : { resolution: size }),
    ...(framerate === undefined ? {} : { framerate }),
    ...(rate === undefined ? {} : { bitrate: rate }),
    ...(keyFrames === undefined ? {} : { keyFrameInterval: keyFrames }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/**
 * What a new recording or live stream takes: the view, unless one of `--audio` and `--video` names a stream; then only
 * what is named.
 */
export function selectionOf(room: string, flags: SourceFlags & QualityFlags): MediaSelection {
  const { view, audio, video } = flags;
  const named = typeof audio === 'string' || typeof video === 'string';
  const mixed = named && view === undefined ? false : `${room}-${view ?? 'common'}`;
  const from = (given: string | false | undefined): string | false => given ?? mixed;
  const [sound, picture] = [from(audio), from(video)];
  const parameters = qualityOf(flags);
  if (picture === false && parameters !== undefined) {
    throw new CommandError('Sizes and rates are those of a picture, and none is taken.', exitCode.usage);
  }
  return {
    audio: sound === false ? false : { from: sound },
    video: picture === false ? false : { from: picture, ...(parameters === undefined ? {} : { parameters }) },
  } as MediaSelection;
}

/** What is to change of one that runs. */
export function changesOf(room: string, flags: SourceFlags & QualityFlags): OutputChanges {
  const { view, audio, video } = flags;
  if (audio === false || video === false) {
    throw new CommandError(
      'To leave sound or picture out for a while:  pause --kind audio|video',
      exitCode.usage,
    );
  }
  const mixed = view === undefined ? undefined : `${room}-${view}`;
  const [sound, picture] = [audio ?? mixed, video ?? mixed];
  const quality = qualityOf(flags);
  if (sound === undefined && picture === undefined && quality === undefined) {
    throw new CommandError(
      'Say what is to change: --view, --audio, --video, or a size or rate.',
      exitCode.usage,
    );
  }
  return {
    ...(sound === undefined ? {} : { audio: { from: sound } }),
    ...(picture === undefined && quality === undefined
      ? {}
      : { video: { ...(picture === undefined ? {} : { from: picture }), ...quality } }),
  };
}
