import { blockMs } from './media.ts';
import { BlockGrid, TickGrid, type Point } from './grids.ts';

/** How often what has arrived is looked at: with each block of sound, and half way to the next. */
export const pollMs = blockMs / 2;
/** Timers count in whole ms: what is due within this is due, so that nothing is woken up for twice. */
const earlyMs = 1;

export interface ClockOptions {
  /** Called each `pollMs`, before anything else that is due. */
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

  /**
   * Pictures per second; undefined: none. Another rate begins another grid, with the next block of sound: where the two
   * grids meet one timer does for both.
   */
  get framerate(): number | undefined {
    return this.#ticks?.framerate;
  }

  set framerate(framerate: number | undefined) {
    if (framerate === this.#ticks?.framerate) return;
    this.#past = this.lateness;
    this.#ticks = framerate === undefined ? undefined : new TickGrid(this.#blocks.due, framerate);
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
    const half = this.#blocks.due - pollMs;
    const poll = half > now + earlyMs ? half : this.#blocks.due;
    const due = Math.min(poll, this.#ticks?.due ?? Infinity);
    this.#timer = setTimeout(this.#run, Math.max(1, Math.round(due - now)));
  }

  readonly #run = (): void => {
    const now = performance.now();
    const soon = now + earlyMs;
    this.#options.onPoll(now);
    for (let block = this.#blocks.take(soon); block !== undefined; block = this.#blocks.take(soon)) {
      this.#options.onBlock(block);
    }
    const tick = this.#ticks?.take(soon);
    if (tick !== undefined) this.#options.onTick(tick);
    if (!this.#stopped) this.#schedule();
  };
}
