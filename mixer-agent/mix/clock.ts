import { BlockGrid, TickGrid, type Point } from './grids.ts';

/** How often what has arrived is looked at, ms. */
const pollMs = 5;

export interface ClockOptions {
  /** Called every few ms, before anything else that is due. */
  onPoll: (now: number) => void;
  /** A block of sound is due. */
  onBlock: (block: Point) => void;
  /** A picture is due. */
  onTick: (tick: Point) => void;
}

/**
 * The time of a mix. Sound and pictures have fixed grids; timers only decide when their points are looked at, so that
 * nothing drifts and what is late does not move what follows.
 */
export class MixClock {
  readonly #options: ClockOptions;
  readonly #blocks = new BlockGrid(performance.now());
  #ticks: TickGrid | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Of the grids of before. */
  #past = { lateTicks: 0, skipped: 0 };

  constructor(options: ClockOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Pictures per second; undefined: none. Another rate begins another grid. */
  set framerate(framerate: number | undefined) {
    if (framerate === this.#ticks?.framerate) return;
    this.#past = this.lateness;
    this.#ticks = framerate === undefined ? undefined : new TickGrid(performance.now(), framerate);
  }

  /** Ticks that came more than half a frame late, and those that did not come at all. */
  get lateness(): { lateTicks: number; skipped: number } {
    const { late = 0, skipped = 0 } = this.#ticks ?? {};
    return { lateTicks: this.#past.lateTicks + late, skipped: this.#past.skipped + skipped };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    const now = performance.now();
    const due = Math.min(this.#blocks.due, this.#ticks?.due ?? Infinity, now + pollMs);
    const run = () => {
      this.#run();
    };
    this.#timer = setTimeout(run, Math.max(1, Math.round(due - now)));
  }

  #run(): void {
    const now = performance.now();
    this.#options.onPoll(now);
    for (let block = this.#blocks.take(now); block !== undefined; block = this.#blocks.take(now)) {
      this.#options.onBlock(block);
    }
    const tick = this.#ticks?.take(now);
    if (tick !== undefined) this.#options.onTick(tick);
    if (!this.#stopped) this.#schedule();
  }
}
