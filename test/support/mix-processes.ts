import assert from 'node:assert/strict';
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

/** A busy machine: pictures stand still now and then without any fault. So many times that is granted besides. */
const granted = 5;

/** How long something was missing after faults, as a rule a new picture: told in the output of a test, and held against a limit. */
export class Gaps {
  readonly #what: string;
  readonly #limitMs: number;
  readonly #found: { ms: number; usualMs: number }[] = [];

  /**
   * @param what for the output
   * @param limitMs for the median of the rounds
   */
  constructor(what: string, limitMs: number) {
    this.#what = what;
    this.#limitMs = limitMs;
  }

  /** @param usualMs longest time that the picture stood still on this machine just before, without a fault */
  add(ms: number, usualMs: number): void {
    this.#found.push({ ms: Math.round(ms), usualMs: Math.round(usualMs) });
  }

  /** @throws AssertionError it was missing for too long */
  report(): void {
    const list = this.#found.map(({ ms, usualMs }) => `${ms} (before: ${usualMs})`).join(', ');
    process.stdout.write(`      ${this.#what}: ${list} ms\n`);
    const beyond = this.#found.map(({ ms, usualMs }) => ms - granted * usualMs).sort((a, b) => a - b);
    const median = beyond[(beyond.length - 1) >> 1] ?? 0;
    assert.ok(median <= this.#limitMs, `${this.#what}: ${list} ms, the limit is ${this.#limitMs}`);
  }
}
