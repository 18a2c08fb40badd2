/** How looking at the server goes. */
export type Link =
  | { state: 'connecting' }
  | { state: 'live' }
  /** `since` and `retryAt`: ms since 1970. */
  | { state: 'lost'; reason: string; since: number; retryAt: number };

export interface PollerOptions {
  /** One look: a chain of requests. Throws when the server is not there. */
  look: (signal: AbortSignal) => Promise<void>;
  isVisible: () => boolean;
  onLink: (link: Link) => void;
  /** ms between the end of a look and the next. */
  every?: number;
  /** ms to wait before the next attempt after `failures` in a row; an error may ask for more. */
  pause?: (failures: number, error: unknown) => number;
}

const longestPause = 15_000;

/** 1 s, doubled with each failure, up to 15 s. */
export const pauseAfter = (failures: number): number => Math.min(longestPause, 1_000 * 2 ** (failures - 1));

/**
 * Looks at the server again and again while the page is visible: one look at a time, with longer pauses while the server
 * does not answer.
 */
export class Poller {
  readonly #options: Required<PollerOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  /** Somebody wants to know what is there after now: the look that is on its way may be too early. */
  #again = false;
  #failures = 0;
  #lostSince = 0;
  #ended = false;

  constructor(options: PollerOptions) {
    this.#options = { every: 2_000, pause: pauseAfter, ...options };
  }

  /** Looks now; after the one that is on its way, if there is one. Also when the page becomes visible. */
  nudge(): void {
    if (this.#ended) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    if (this.#options.isVisible()) void this.#look();
  }

  /** What the look on its way finds out is of no interest any more; begins another one. */
  restart(): void {
    this.#running?.abort();
    this.nudge();
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  async #look(): Promise<void> {
    const abort = (this.#running = new AbortController());
    let wait = this.#options.every;
    try {
      await this.#options.look(abort.signal);
      if (!abort.signal.aborted) this.#found();
    } catch (error) {
      if (!abort.signal.aborted) wait = this.#failed(error);
    } finally {
      this.#running = undefined;
    }
    if (this.#ended) return;
    const now = this.#again || abort.signal.aborted;
    this.#again = false;
    this.#timer = setTimeout(
      () => {
        this.nudge();
      },
      now ? 0 : wait,
    );
  }

  #found(): void {
    this.#failures = 0;
    this.#options.onLink({ state: 'live' });
  }

  #failed(error: unknown): number {
    this.#failures += 1;
    if (this.#failures === 1) this.#lostSince = Date.now();
    const wait = this.#options.pause(this.#failures, error);
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onLink({ state: 'lost', reason, since: this.#lostSince, retryAt: Date.now() + wait });
    return wait;
  }
}
