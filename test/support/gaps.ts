import assert from 'node:assert/strict';

/** A busy machine: pictures stand still now and then without any fault. So many times that is granted besides. */
const granted = 5;

/**
 * How long something was missing after faults, as a rule a new picture: told in the output of a test, and held against a limit. What
 * else the machine does only makes times longer, so that the quicker rounds say how long it takes by itself: a quarter of them must keep
 * the limit, of few rounds the quickest.
 */
export class Gaps {
  readonly #what: string;
  readonly #limitMs: number;
  readonly #found: { ms: number; usualMs: number }[] = [];

  /**
   * @param what for the output
   * @param limitMs for a quarter of the rounds
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
    const quick = beyond[(beyond.length - 1) >> 2] ?? 0;
    assert.ok(quick <= this.#limitMs, `${this.#what}: ${list} ms, the limit is ${this.#limitMs}`);
  }
}
