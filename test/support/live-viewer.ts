import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toneLevel } from './tones.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** What of a stream arrived, decoded. */
export interface Seen {
  /** Codecs, of the picture first. */
  codecs: string[];
  /** Mean of the last picture, 0 to 255 each. */
  colour: { r: number; g: number; b: number } | undefined;
  /** Sound of both channels, 48 kHz. */
  sound: Float32Array;
  /** s. */
  duration: number;
}

/** FFmpeg that receives a stream, by asking for it or by listening for whoever sends it, and keeps it in a file. */
export class LiveViewer {
  readonly #folder: string;
  readonly #child: ChildProcess;
  #stderr = '';

  /**
   * @param input options and address of its input; of RTMP, FFmpeg would look at it for very long, waiting for tracks that
   *   may still come, unless it is told not to
   */
  static async start(input: readonly string[]): Promise<LiveViewer> {
    const folder = await mkdtemp(join(tmpdir(), 'portico-viewer-'));
    const args = [
      '-nostdin',
      '-v',
      'error',
      '-y',
      ...input,
      '-c',
      'copy',
      '-f',
      'nut',
      '-flush_packets',
      '1',
    ];
    const child = spawn('ffmpeg', [...args, join(folder, 'seen.nut')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(child, 'spawn');
    return new LiveViewer(folder, child);
  }

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
  }

  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  suspend(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Waits until something of the stream is in its file. */
  async receives(): Promise<void> {
    const path = join(this.#folder, 'seen.nut');
    const bytes = async () => (await stat(path).catch(() => undefined))?.size ?? 0;
    const isOver = () => {
      if (this.gone) throw new Error(`the viewer is gone: ${this.#stderr}`);
      return false;
    };
    await until(async () => isOver() || (await bytes()) > 1_000, {
      what: 'a viewer receives',
      timeoutMs: 60_000,
    });
  }

  /** Ends it; what it received is whole up to the last packet. */
  async finish(): Promise<Seen> {
    if (!this.gone) {
      this.kill();
      await once(this.#child, 'exit');
    }
    try {
      return await look(join(this.#folder, 'seen.nut'));
    } catch (error) {
      throw new Error(`nothing was received: ${this.#stderr}`, { cause: error });
    }
  }

  /** Width of the last picture that was received. */
  async width(): Promise<number> {
    const shown = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=width', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', [...shown, join(this.#folder, 'seen.nut')]);
    return Number.parseInt(stdout.trim().split('\n').at(-1) ?? '', 10);
  }

  async dispose(): Promise<void> {
    if (!this.gone) {
      this.kill();
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Decodes a file, a playlist or whatever else FFmpeg reads. */
export async function look(input: string, at = 1): Promise<Seen> {
  const shown = [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name,codec_type:format=duration',
    '-of',
    'json',
  ];
  const { stdout } = await run('ffprobe', [...shown, input]);
  const facts = JSON.parse(stdout) as {
    streams: { codec_name: string; codec_type: string }[];
    format: { duration?: string };
  };
  const streams = facts.streams.toSorted((one) => (one.codec_type === 'video' ? -1 : 1));
  const has = (type: string) => streams.some((stream) => stream.codec_type === type);
  return {
    codecs: streams.map((stream) => stream.codec_name),
    colour: has('video') ? await colourOf(input, at) : undefined,
    sound: has('audio') ? await soundOf(input, streams) : new Float32Array(0),
    duration: Number(facts.format.duration ?? 0),
  };
}

/** @param at 0 the first picture .. 1 the last one */
async function colourOf(input: string, at: number): Promise<{ r: number; g: number; b: number }> {
  // As they came: at an even rate, guessed from two that came close together, they would fill the memory.
  const scaled = [
    '-fps_mode',
    'passthrough',
    '-vf',
    'scale=1:1:flags=area',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', input, '-an', ...scaled], {
    encoding: 'buffer',
  });
  const from = Math.max(0, Math.floor((stdout.length / 3 - 1) * at)) * 3;
  const [r = 0, g = 0, b = 0] = stdout.subarray(from, from + 3);
  return { r, g, b };
}

/** FFmpeg's own decoder of Opus does not survive a change of its mode. */
async function soundOf(input: string, streams: readonly { codec_name: string }[]): Promise<Float32Array> {
  const decoder = streams.some(({ codec_name }) => codec_name === 'opus') ? ['-c:a', 'libopus'] : [];
  const format = ['-vn', '-ac', '2', '-ar', '48000', '-f', 'f32le', 'pipe:1'];
  const { stdout } = await run('ffmpeg', ['-v', 'error', ...decoder, '-i', input, ...format], {
    encoding: 'buffer',
    maxBuffer: 256 * 1024 * 1024,
  });
  const { buffer, byteOffset, length } = stdout;
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length - (length % 8)));
}

/**
 * Loudness of a tone above that of another one, dB, during a second of what was heard.
 * @param at where that second is, 0 begin .. 1 end
 */
export function toneLead(sound: Float32Array, hz: number, other: number, at = 0.5): number {
  const second = 2 * 48_000;
  const from = Math.floor((Math.max(0, sound.length - second) * at) / 2) * 2;
  const part = sound.subarray(from, from + second);
  return toneLevel(part, hz) - toneLevel(part, other);
}
