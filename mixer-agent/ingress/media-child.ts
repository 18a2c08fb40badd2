import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** One that was asked to end has this long to take leave of the far end, ms. */
const farewellMs = 700;
const keptLines = 8;
const lineLimit = 500;

/**
 * Runs a program that reads nothing of its stdin and may wait for the network without end, and ends it when the process
 * that started it is gone: then that end of the pipe is closed. A word on it means that the program has ended by itself, so
 * that nobody is mistaken for it. The program keeps the pid of the shell. No
 * address is an exception from the proxy that it may be given.
 */
const leash = [
  'unset no_proxy NO_PROXY; exec 9<&0; { read -r _ <&9 || kill -9 $$; } >/dev/null 2>&1 & exec "$0" "$@" </dev/null 9<&-',
  'done\n',
] as const;

export interface MediaChildOptions {
  ffmpeg: string;
  args: readonly string[];
  /** It is fed by `write`; otherwise it fetches what it reads by itself. */
  fed: boolean;
  /** Throws when it is not what was asked for: then it is killed, and told as its end. */
  onOutput: (chunk: Buffer) => void;
  /** It wrote a line of this level on stderr. */
  onLine?: (level: string, line: string) => void;
  /** It is gone, or never started; told once, after all output, unless it was closed. */
  onEnd: (end: ChildEnd) => void;
}

export interface ChildEnd {
  /** 0: it thinks that all went well. */
  code: number | null;
  /** What it complained about, the last line last. */
  complaints: string[];
}

/** One FFmpeg whose output can be held back. It does not outlive this process. */
export class MediaChild {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #options: MediaChildOptions;
  readonly #complaints: string[] = [];
  readonly #ended: Promise<void>;
  #rest = '';
  #gone = false;
  #silent = false;

  constructor(options: MediaChildOptions) {
    this.#options = options;
    const { ffmpeg, args, fed } = options;
    const all = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'repeat+level+info', ...args];
    const [program, words] = fed ? [ffmpeg, all] : ['/bin/sh', ['-c', leash[0], ffmpeg, ...all]];
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      this.#follow(resolve);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Bytes that it has not yet taken from us. */
  get waiting(): number {
    return this.#child.stdin.writableLength;
  }

  write(data: Uint8Array): void {
    const { stdin } = this.#child;
    if (!this.#gone && stdin.writable) stdin.write(data);
  }

  /** Nothing more is written; it gives what it has and ends. */
  finish(): void {
    this.#child.stdin.end();
  }

  /** Its output is read, or waits in it. */
  flow(wanted: boolean): void {
    const { stdout } = this.#child;
    if (wanted === !stdout.isPaused()) return;
    if (wanted) stdout.resume();
    else stdout.pause();
  }

  /** Ends it without a further word from it; resolves when it is gone. */
  async close(): Promise<void> {
    this.#silent = true;
    if (!this.#gone) {
      this.#child.stdout.resume();
      if (this.#options.fed) this.kill();
      else this.#child.kill('SIGTERM');
      const killer = setTimeout(() => {
        this.kill();
      }, farewellMs);
      await this.#ended;
      clearTimeout(killer);
    }
  }

  /** It is told as its end. */
  kill(): void {
    this.#child.kill('SIGKILL');
    // What it has written already counts for nothing.
    this.#child.stdout.resume();
  }

  #follow(resolve: () => void): void {
    const { stdin, stdout, stderr } = this.#child;
    // A broken pipe means that it died: told by its end.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    stdout.on('data', (chunk: Buffer) => {
      if (!this.#silent) this.#read(chunk);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#hear(chunk.toString('utf8'));
    });
    this.#child.on('error', (error) => {
      this.#complaints.push(error.message);
      if (this.#child.pid === undefined) this.#finish(null, resolve);
    });
    this.#child.on('exit', () => {
      if (!this.#options.fed) stdin.end(leash[1]);
    });
    this.#child.on('close', (code) => {
      this.#finish(code, resolve);
    });
  }

  #read(chunk: Buffer): void {
    try {
      this.#options.onOutput(chunk);
    } catch (error) {
      // It is not what we started, or it is out of its mind.
      this.#complaints.push(error instanceof Error ? error.message : String(error));
      this.kill();
    }
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? '').slice(0, lineLimit);
    for (const line of lines) {
      const [, level = '', said = ''] = /^(?:\[[^\]]* @ [^\]]*\] )*\[(\w+)\] (.*)$/.exec(line) ?? [];
      const words = said.slice(0, lineLimit).trim();
      if (words === '') continue;
      if (['error', 'fatal', 'panic'].includes(level)) this.#complain(words);
      if (!this.#silent) this.#options.onLine?.(level, words);
    }
  }

  #complain(words: string): void {
    this.#complaints.push(words);
    if (this.#complaints.length > keptLines) this.#complaints.shift();
  }

  #finish(code: number | null, resolve: () => void): void {
    if (this.#gone) return;
    this.#gone = true;
    if (!this.#silent) this.#options.onEnd({ code, complaints: this.#complaints });
    resolve();
  }
}
