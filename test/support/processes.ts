import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose parent is this one. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

/** A process that has ended and is not waited for counts as gone. */
export function isAlive(pid: number): boolean {
  return !['Z', 'X', undefined].includes(statOf(String(pid))?.[0]);
}

const parentOf = (pid: string): number => Number(statOf(pid)?.[1] ?? -1);

/** State, parent and so on (proc_pid_stat(5)). */
function statOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Children of a process, and theirs. */
export const descendantsOf = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
