import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** An FFmpeg that sends a file somewhere, over and over, at its own pace. */
export class Broadcaster {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  /** @param output format and target */
  constructor(file: string, output: readonly string[]) {
    this.#args = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', ...output];
  }

  start(): this {
    this.#child = spawn('ffmpeg', this.#args, { stdio: ['ignore', 'ignore', 'ignore'] });
    return this;
  }

  /** It hangs: connections stay, nothing comes. */
  suspend(): void {
    this.#child?.kill('SIGSTOP');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
