import { readFile } from 'node:fs/promises';
import { descendantsOf, statOf } from '../support/processes.ts';

/** Places of the times in what `statOf` gives, and their units per second (USER_HZ, which Linux keeps at 100). */
const [user, system] = [11, 12];
const ticksPerSecond = 100;

const families = (roots: readonly number[]): number[] =>
  roots.flatMap((root) => [root, ...descendantsOf(root)]);

/** Seconds of CPU (user and system) that processes and their descendants have used. */
export const cpuSeconds = (roots: readonly number[]): number => ownCpuSeconds(families(roots));

/** Seconds of CPU (user and system) that just these processes have used. */
export function ownCpuSeconds(pids: readonly number[]): number {
  const ticks = pids.reduce((sum, pid) => {
    const stat = statOf(pid);
    return stat === undefined ? sum : sum + Number(stat[user]) + Number(stat[system]);
  }, 0);
  return ticks / ticksPerSecond;
}

/** Parts of a core that groups of processes use, in percent, over the same window. */
export async function cpuPercents(
  groups: readonly (readonly number[])[],
  windowMs: number,
): Promise<number[]> {
  const before = groups.map((pids) => cpuSeconds(pids));
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  const seconds = (performance.now() - start) / 1000;
  return groups.map((pids, index) => ((cpuSeconds(pids) - (before[index] ?? 0)) / seconds) * 100);
}

/** Part of a core that processes use, in percent, over a window. */
export async function cpuPercent(pids: readonly number[], windowMs: number): Promise<number> {
  return (await cpuPercents([pids], windowMs))[0] ?? 0;
}

/** Memory that processes and their descendants hold for themselves (proportional set size), bytes. */
export async function memoryBytes(roots: readonly number[]): Promise<number> {
  let kilobytes = 0;
  for (const pid of families(roots)) {
    const rollup = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}
