import { childrenOf, commandOf } from './processes.ts';

/** FFmpegs of a mix process. */
export const ffmpegsOf = (mix: number): number[] =>
  childrenOf(mix).filter((pid) => commandOf(pid).includes('ffmpeg'));

/** Mix processes of a server that have something to do: their FFmpegs run. */
export const mixesOf = (server: number): number[] =>
  childrenOf(server).filter(
    (pid) => commandOf(pid).includes('mixer-agent/mix/main.ts') && ffmpegsOf(pid).length > 0,
  );

/** Ends a process as a crash would; one that has just ended is no error. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
