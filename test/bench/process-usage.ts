import { readdir, readFile } from 'node:fs/promises';

/** A process and all its descendants (Linux /proc). */
async function family(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    if (stat !== undefined) parents.set(Number(name), Number(fields(stat)[1]));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** What follows the command name in /proc/<pid>/stat, from the state on (proc(5)). */
const fields = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/** Seconds of CPU (user and system) that processes and their children have used. */
export async function cpuSeconds(roots: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const root of roots) {
    for (const pid of await family(root)) {
      const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
      if (stat === undefined) continue;
      const values = fields(stat);
      ticks += Number(values[11]) + Number(values[12]);
    }
  }
  return ticks / 100;
}

/** Memory that processes and their children hold for themselves (proportional set size), bytes. */
export async function memoryBytes(roots: readonly number[]): Promise<number> {
  let kilobytes = 0;
  for (const root of roots) {
    for (const pid of await family(root)) {
      const rollup = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8').catch(() => '');
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    }
  }
  return kilobytes * 1024;
}
