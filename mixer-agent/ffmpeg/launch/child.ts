import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export interface LaunchOptions {
  file: string;
  args: readonly string[];
  /** How much it stands back behind other processes when there is too much to do, 0 to 19 (nice). */
  niceness: number;
}

/** A child process with three pipes, as FFmpegs are used. */
export interface Child {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Undefined: it does not run yet, or never will. */
  readonly pid?: number | undefined;
  /** Ends it as soon as it runs. */
  kill(signal: NodeJS.Signals): unknown;
  /** It could not be started, or not be told something. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** It is gone, and all that it wrote was read. */
  on(event: 'close', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

/** Starts children. */
export type Launch = (options: LaunchOptions) => Child;

/** Starts a child from this thread, which waits until it runs: some ms, more on a busy machine. */
export function spawnHere({ file, args, niceness }: LaunchOptions): Child {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  standBack(child.pid, niceness);
  return child;
}

export function standBack(pid: number | undefined, niceness: number): void {
  if (pid === undefined || niceness === 0) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or the system does not let us: then all are equal.
  }
}
