import assert from 'node:assert/strict';

/**
 * How long something was missing after faults, as a rule a new picture: told in the output of a test, and held against a limit. What
 * else the machine does only makes times longer, so that the quicker rounds say how long it takes by itself: a quarter of them must keep
 * the limit, of few rounds the quickest.
 */
export class Gaps {
  readonly #what: string;
  readonly #limitMs: number;
  readonly #granted: number;
  readonly #found: { ms: number; usualMs: number }[] = [];

  /**
   * @param what for the output
   * @param limitMs for a quarter of the rounds
   * @param granted besides, times what is usual: machines differ, and have other things to do
   */
  constructor(what: string, limitMs: number, granted = 5) {
    this.#what = what;
    this.#limitMs = limitMs;
    this.#granted = granted;
  }

  /**
   * @param usualMs how long the like took on this machine just before, without a fault: the longest time that the picture stood still,
   * or until somebody who came was seen
   */
  add(ms: number, usualMs: number): void {
    this.#found.push({ ms: Math.round(ms), usualMs: Math.round(usualMs) });
  }

  /** @throws AssertionError it was missing for too long */
  report(): void {
    const list = this.#found.map(({ ms, usualMs }) => `${ms} (before: ${usualMs})`).join(', ');
    process.stdout.write(`      ${this.#what}: ${list} ms\n`);
    const beyond = this.#found.map(({ ms, usualMs }) => ms - this.#granted * usualMs).sort((a, b) => a - b);
    const quick = beyond[(beyond.length - 1) >> 2] ?? 0;
    assert.ok(quick <= this.#limitMs, `${this.#what}: ${list} ms, the limit is ${this.#limitMs}`);
  }
}
