import { fork, type ChildProcess, type StdioOptions } from 'node:child_process';

/**
 * Media makes much short-lived memory and next to none that stays. As V8 begins, it looks through everything about once a
 * second to find that nothing can be given back: a tenth of the time of such a process. MB.
 */
const memory = ['--initial-old-space-size=64', '--min-semi-space-size=4'];

/** Starts the process of an entry point. Options of this one, such as an inspector's port, are not for others. */
export function forkEngine(file: string | URL, output: 'pipe' | 'inherit'): ChildProcess {
  const stdio: StdioOptions = ['ignore', output, output, 'ipc'];
  return fork(file, { execArgv: memory, stdio });
}
