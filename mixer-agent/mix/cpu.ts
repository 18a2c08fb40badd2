import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of /proc (USER_HZ, which Linux keeps at 100). */
const ticksPerSecond = 100;

/** CPU time of this process and its children, s; `undefined` where there is no /proc. */
function cpuSeconds(): number | undefined {
  try {
    const pids = readdirSync('/proc/self/task')
      .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
      .filter((pid) => pid !== '');
    return ['self', ...pids].reduce((sum, pid) => sum + ofProcess(pid), 0);
  } catch {
    return undefined;
  }
}

/** Of one process, and of those of its children that have ended. */
function ofProcess(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold blanks and brackets; utime is the twelfth field after it (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Measures how many cores a process and its children use. */
export class CpuMeter {
  #seconds = cpuSeconds();
  #at = performance.now();

  /** Cores in use since the last call. */
  read(): number {
    const seconds = cpuSeconds();
    const at = performance.now();
    const used = seconds === undefined || this.#seconds === undefined ? 0 : seconds - this.#seconds;
    const elapsed = (at - this.#at) / 1000;
    this.#seconds = seconds;
    this.#at = at;
    // A child that ended between two readings is counted by its parent only once it was waited for.
    return elapsed > 0 ? Math.max(0, used / elapsed) : 0;
  }
}
