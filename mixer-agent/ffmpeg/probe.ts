import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { i420Bytes, type MixCodec } from '../mix/media.ts';
import { DecoderProcess } from '../mix/video/decoder-process.ts';
import { Encoder } from '../mix/video/encoder.ts';

const run = promisify(execFile);

/** It takes well under a second; a busy machine may need longer. */
const limitMs = 10_000;

/** What mixing, recording and streaming use, by the list of FFmpeg that must name it. */
const needs = {
  encoders: ['libvpx', 'libx264'],
  decoders: ['vp8', 'libvpx-vp9', 'h264', 'libopus', ['libdav1d', 'libaom-av1']],
  filters: ['scale', 'pad', 'crop'],
} as const;

/**
 * Tries out whether an FFmpeg can mix: what it says it has, and, with the very parts that a mix is made of, that it
 * encodes from stdin at once, gives key frames when asked and decodes the result at once.
 * @returns why not, as the end of a sentence; undefined: it can
 */
export async function probeFfmpeg(path: string): Promise<string | undefined> {
  try {
    const lists = Object.entries(needs).map(([list, names]) => missingOf(path, list, names));
    const missing = (await Promise.all(lists)).flat();
    if (missing.length > 0) return `lacks ${missing.join(', ')}`;
    const trials = await Promise.all([tryCodec(path, 'vp8'), tryCodec(path, 'h264')]);
    return trials.find((reason) => reason !== undefined);
  } catch (error) {
    return `does not work (${firstLine(error)})`;
  }
}

async function missingOf(
  path: string,
  list: string,
  names: readonly (string | readonly string[])[],
): Promise<string[]> {
  const { stdout } = await run(path, ['-hide_banner', `-${list}`], { timeout: limitMs });
  const there = new Set(stdout.split('\n').map((line) => line.trim().split(/\s+/)[1]));
  return names
    .filter((name) => !(typeof name === 'string' ? [name] : name).some((one) => there.has(one)))
    .map((name) => (typeof name === 'string' ? name : name.join(' or ')));
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('killed' in error && error.killed === true) return `no answer within ${limitMs / 1000} s`;
  return error.message.split('\n')[0] ?? '';
}

const size = { width: 64, height: 64 };
/** Which of the pictures must be key frames: the first by itself, the second because it is asked for. */
const wantedKeys = [true, true, false];

/** Three pictures through an encoder and a decoder; each follows when the one before has come out. */
async function tryCodec(ffmpeg: string, codec: MixCodec): Promise<string | undefined> {
  const picture = { ...size, data: new Uint8Array(i420Bytes(size)).fill(128) };
  const keys: boolean[] = [];
  let decoded = 0;
  let settle: (reason: string | undefined) => void = () => undefined;
  const outcome = new Promise<string | undefined>((resolve) => (settle = resolve));
  const fail = (why: string) => {
    settle(`fails with ${codec} (${why})`);
  };
  const decoder = new DecoderProcess({
    ...{ ffmpeg, codec, size, fit: 'crop', background: { r: 0, g: 0, b: 0 }, onEnd: fail },
    onTrouble: () => undefined,
    onPicture: () => {
      decoded += 1;
      if (decoded === wantedKeys.length) settle(verdict(codec, keys));
      else encoder.encode(picture, decoded, wantedKeys[decoded] ?? false);
    },
  });
  const encoder = new Encoder({
    ...{ ffmpeg, codec, input: size, size, framerate: 25, bitrate: 200, onEnd: fail },
    onPicture: (encoded) => {
      keys.push(encoded.key);
      decoder.feed(encoded, keys.length);
    },
  });
  const timer = setTimeout(() => {
    fail(`${keys.length} of 3 pictures encoded and ${decoded} decoded within ${limitMs / 1000} s`);
  }, limitMs);
  encoder.encode(picture, 0, false);
  const reason = await outcome;
  clearTimeout(timer);
  await Promise.all([encoder.close(), decoder.close()]);
  return reason;
}

const verdict = (codec: MixCodec, keys: readonly boolean[]): string | undefined =>
  wantedKeys.every((wanted, index) => wanted === keys[index])
    ? undefined
    : `gives no ${codec} key frames on request`;
