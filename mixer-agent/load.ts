import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const intervalMs = 1_000;
/** Weight of the newest second: what counts is what lasts for some seconds. */
const weight = 0.25;
/** Cores that a mix is taken to need until that was measured. */
const expectedCores = 0.35;
const measuredMs = 4_000;

export interface RunningMix {
  /** Cores; undefined: not known yet. */
  readonly cpu: number | undefined;
  /** ms. */
  readonly age: number;
}

/** Busy and total time of all cores so far, in ticks (proc_stat(5)); undefined where there is no /proc. */
function cpuTimes(): { busy: number; total: number } | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    // user nice system idle iowait irq softirq steal; guests are part of user.
    const ticks = line.split(/\s+/).slice(1, 9).map(Number);
    const total = ticks.reduce((sum, value) => sum + value, 0);
    const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
    return { busy: total - idle, total };
  } catch {
    return undefined;
  }
}

/** How busy this machine is, with the mixes of this agent and with everything else. */
export class Load {
  readonly #mixes: () => Iterable<RunningMix>;
  readonly #cores = availableParallelism();
  readonly #timer: NodeJS.Timeout;
  #last = cpuTimes();
  #machine = 0;

  constructor(mixes: () => Iterable<RunningMix>) {
    this.#mixes = mixes;
    this.#timer = setInterval(() => {
      this.#sample();
    }, intervalMs);
  }

  /** Share of the CPU that is in use or will be in a moment: 0 idle .. 1 all of it, and more when too much was taken. */
  get value(): number {
    return Math.max(this.ofMixes, this.#machine);
  }

  /** The same for the mixes of this agent alone. */
  get ofMixes(): number {
    let cores = 0;
    for (const { cpu, age } of this.#mixes()) {
      cores += cpu === undefined || age < measuredMs ? Math.max(cpu ?? 0, expectedCores) : cpu;
    }
    return cores / this.#cores;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = cpuTimes();
    if (now !== undefined && this.#last !== undefined && now.total > this.#last.total) {
      const busy = (now.busy - this.#last.busy) / (now.total - this.#last.total);
      this.#machine += weight * (busy - this.#machine);
    }
    this.#last = now;
  }
}
