import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose parent is this one. */
export const childrenOf = (pid: number): number[] => childrenByParent().get(pid) ?? [];

/** Children of a process, and theirs. */
export function descendantsOf(pid: number): number[] {
  const children = childrenByParent();
  const found = [...(children.get(pid) ?? [])];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

/** A process that has ended and is not waited for counts as gone. */
export function isAlive(pid: number): boolean {
  return !['Z', 'X', undefined].includes(statOf(pid)?.[0]);
}

/** State, parent and so on, from the third field on (proc_pid_stat(5)); undefined: there is no such process. */
export function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The name before may hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** All processes of this moment. */
function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))?.[1] ?? -1);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/** Command line of a process; empty when there is none. */
export const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};
