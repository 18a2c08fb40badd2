import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads lines with process ids; when there are no more because this process is gone, those of the last line get a second
 * to see the end of their input, and are then killed.
 */
const script =
  'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || { sleep 1; kill -9 $pids; }';

/**
 * Ends children when this process dies without doing so. Those that only read from it need none: their input ends. One
 * that is blocked by a far end that takes nothing does not see that.
 */
export class ChildGuard {
  readonly #pids = new Set<number>();
  #shell: ChildProcessByStdio<Writable, null, null> | undefined;

  watch(pid: number): void {
    this.#pids.add(pid);
    this.#tell();
  }

  /** It is gone: its id may belong to somebody else soon. */
  forget(pid: number): void {
    this.#pids.delete(pid);
    this.#tell();
  }

  close(): void {
    this.#pids.clear();
    this.#tell();
    this.#shell?.stdin.end();
    this.#shell = undefined;
  }

  #tell(): void {
    if (this.#shell === undefined) {
      if (this.#pids.size === 0) return;
      this.#shell = this.#start();
    }
    this.#shell.stdin.write(`${[...this.#pids].join(' ')}\n`);
  }

  /** In a session of its own: what ends a group of processes, or is typed at a terminal, is not meant for it. */
  #start(): ChildProcessByStdio<Writable, null, null> {
    const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    shell.stdin.on('error', () => undefined);
    shell.on('error', () => undefined);
    shell.unref();
    return shell;
  }
}
