import { spawnHere, type Child, type LaunchOptions } from './launch/child.ts';
import { readInto } from './read-into.ts';

/** A child that was told to end by the end of its input has this long, ms. */
const endLimitMs = 1_000;
/** Lines of stderr that are kept for the reason of its end. */
const keptLines = 5;
const lineLimit = 300;

/** Path of the program, which is then started from this thread; or what starts it. */
export type Ffmpeg = string | ((options: Omit<LaunchOptions, 'file'>) => Child);

export interface FfmpegChildOptions {
  ffmpeg: Ffmpeg;
  args: readonly string[];
  /** How much it stands back behind other processes when there is too much to do, 0 to 19 (nice). */
  niceness?: number;
  /** How long it may take to finish what it has when its input ends, ms; 1 s unless given. */
  endLimitMs?: number;
  /**
   * Its argument is valid only during the call. Throws when it is not what was asked for: then the child is killed, and
   * told as its end.
   */
  onOutput: (chunk: Uint8Array) => void;
  /** It wrote a line on stderr: something is wrong. */
  onComplaint?: (line: string) => void;
  /** It is gone, or never started; told once, after all output. */
  onEnd: (reason: string) => void;
}

/** One FFmpeg that reads from stdin and writes to stdout. It ends by itself when this process dies: its input ends. */
export class FfmpegChild {
  readonly #child: Child;
  readonly #options: FfmpegChildOptions;
  readonly #complaints: string[] = [];
  /** Beginning of a line on stderr. */
  #line = '';
  readonly #ended: Promise<void>;
  #killer: NodeJS.Timeout | undefined;
  #gone = false;
  #silent = false;

  constructor(options: FfmpegChildOptions) {
    this.#options = options;
    const args = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'repeat+error', ...options.args];
    const { ffmpeg, niceness = 0 } = options;
    this.#child =
      typeof ffmpeg === 'string' ? spawnHere({ file: ffmpeg, args, niceness }) : ffmpeg({ args, niceness });
    this.#ended = new Promise((resolve) => {
      this.#follow(resolve);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Bytes that it has not yet taken from us. */
  get waiting(): number {
    return this.#child.stdin.writableLength;
  }

  /**
   * Writes a frame with its header in one go. The data must stay as it is until it is taken.
   * @param onTaken all of it is in the pipe
   */
  write(header: Uint8Array, data?: Uint8Array, onTaken?: () => void): void {
    const { stdin } = this.#child;
    if (this.#gone || !stdin.writable) return;
    if (data === undefined) {
      stdin.write(header);
      return;
    }
    stdin.cork();
    stdin.write(header);
    stdin.write(data, () => onTaken?.());
    stdin.uncork();
  }

  /** Lets it finish what it has; resolves when it is gone. */
  end(): Promise<void> {
    if (!this.#gone) {
      this.#child.stdin.end();
      this.#killer ??= setTimeout(() => this.#child.kill('SIGKILL'), this.#options.endLimitMs ?? endLimitMs);
      this.#killer.unref();
    }
    return this.#ended;
  }

  /** Ends it without a further word from it; resolves when it is gone. */
  close(): Promise<void> {
    this.#silent = true;
    const ended = this.end();
    this.#child.stdin.destroy();
    return ended;
  }

  /** For one that does not listen any more. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #follow(resolve: () => void): void {
    const { stdin, stdout, stderr } = this.#child;
    // A broken pipe means that it died: told by its end.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    readInto(stdout, (chunk) => {
      if (!this.#silent) this.#read(chunk);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#hear(chunk.toString('utf8'));
    });
    // It may have been made not to flow by itself.
    stderr.resume();
    let failure: string | undefined;
    this.#child.on('error', (error) => {
      failure ??= error.message;
      if (this.#child.pid === undefined) this.#finish(failure, resolve);
    });
    this.#child.on('close', (code, signal) => {
      this.#hear('\n');
      this.#finish(failure ?? this.#reason(code, signal), resolve);
    });
  }

  #read(chunk: Uint8Array): void {
    try {
      this.#options.onOutput(chunk);
    } catch {
      // It is not what we started, or it is out of its mind.
      this.kill();
    }
  }

  /** FFmpeg writes a line in pieces. */
  #hear(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(0, lineLimit);
    for (const line of lines) if (line.trim() !== '') this.#complain(line.slice(0, lineLimit));
  }

  #complain(line: string): void {
    this.#complaints.push(line);
    if (this.#complaints.length > keptLines) this.#complaints.shift();
    if (!this.#silent) this.#options.onComplaint?.(line);
  }

  #reason(code: number | null, signal: string | null): string {
    const how = signal === null ? `ended with code ${code ?? '?'}` : `was ended by ${signal}`;
    return this.#complaints.length === 0 ? how : `${how}: ${this.#complaints.join(' | ')}`;
  }

  #finish(reason: string, resolve: () => void): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#killer);
    if (!this.#silent) this.#options.onEnd(reason);
    resolve();
  }
}
