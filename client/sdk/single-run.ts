/**
 * Takes steps, one at a time, until there is none left. Whoever asks meanwhile gets the same run; looking for the next
 * step and ending happen in one turn, so that no wish falls between two runs.
 */
export class SingleRun {
  readonly #next: () => Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #active = false;

  /** @param next begins the next step; undefined: nothing is left to do */
  constructor(next: () => Promise<void> | undefined) {
    this.#next = next;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Resolves when nothing is left to do; rejects when a step fails, which ends the run. */
  run(): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    const run = this.#steps();
    // It may have ended without ever waiting.
    if (this.#active) this.#running = run;
    return run;
  }

  async #steps(): Promise<void> {
    this.#active = true;
    try {
      for (let step = this.#next(); step !== undefined; step = this.#next()) await step;
    } finally {
      this.#active = false;
      this.#running = undefined;
    }
  }
}
