import { spawn, type ChildProcess } from 'node:child_process';
import { parentPort } from 'node:worker_threads';
import { standBack, type LaunchOptions } from './child.ts';

/* The thread of a `Launcher`: starts children, and says when they are gone. */

export type LaunchCommand =
  | ({ type: 'start'; id: number; descriptors: [number, number, number] } & LaunchOptions)
  | { type: 'kill'; id: number; signal: NodeJS.Signals };

export type LaunchNews =
  | { type: 'started'; id: number; pid: number }
  /** It could not be started. */
  | { type: 'failed'; id: number; message: string }
  | { type: 'ended'; id: number; code: number | null; signal: NodeJS.Signals | null };

const children = new Map<number, ChildProcess>();
const tell = (news: LaunchNews): void => parentPort?.postMessage(news);

function start({ id, file, args, niceness, descriptors }: Extract<LaunchCommand, { type: 'start' }>): void {
  const child = spawn(file, args, { stdio: descriptors });
  child.once('error', (error) => {
    if (child.pid === undefined) tell({ type: 'failed', id, message: error.message });
  });
  if (child.pid === undefined) return;
  children.set(id, child);
  standBack(child.pid, niceness);
  tell({ type: 'started', id, pid: child.pid });
  child.once('exit', (code, signal) => {
    children.delete(id);
    tell({ type: 'ended', id, code, signal });
  });
}

parentPort?.on('message', (command: LaunchCommand) => {
  if (command.type === 'kill') {
    children.get(command.id)?.kill(command.signal);
    return;
  }
  try {
    start(command);
  } catch (error) {
    tell({ type: 'failed', id: command.id, message: String(error) });
  }
});
