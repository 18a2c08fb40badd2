import { PorticoError } from '../contract/errors.ts';
import { backoff, pause, within } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';
import type { Bus } from './bus.ts';
import { busClosing, connectionLost, type Link, LinkRefused } from './link.ts';

export interface UplinkHooks {
  open(): Promise<Link>;
  /** Serves and subscribes on the new link, before it counts as up. */
  restore(link: Link): Promise<void>;
  up(link: Link): void;
  /** Called in the moment the link that was up is over. */
  down(): void;
}

const firstRetryMs = 100;
const longestRetryMs = 1_000;

/** Keeps one link alive: opens it, and opens another after each break, until closed. */
export class Uplink {
  readonly #hooks: UplinkHooks;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(state: Bus['state']) => void>();
  #state: Bus['state'] = 'connecting';
  #link: Link | undefined;
  #lastFailure: string | undefined;

  constructor(hooks: UplinkHooks, log: Logger) {
    this.#hooks = hooks;
    this.#log = log;
  }

  get state(): Bus['state'] {
    return this.#state;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  onState(listener: (state: Bus['state']) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when the first link is up; tries for `limitMs`.
   * @throws PorticoError `unavailable` with the reason; at once when the broker refuses us.
   */
  async start(limitMs: number): Promise<void> {
    const limit = performance.now() + limitMs;
    for (let attempt = 0; ; attempt++) {
      try {
        const link = await this.#establish();
        void this.#keep(link);
        return;
      } catch (error) {
        if (this.#stopped()) throw busClosing();
        const reason = textOf(error);
        if (error instanceof LinkRefused || performance.now() > limit) {
          this.#setState('closed');
          throw new PorticoError('unavailable', `no connection to the bus: ${reason}`, {}, { cause: error });
        }
        this.#tellFailure(reason);
      }
      await this.#pause(attempt);
    }
  }

  /**
   * Does something on the link, again on the next one when it breaks meanwhile.
   * @throws PorticoError `connection_lost` when that takes longer than `limitMs`, `closing`
   */
  async use<T>(limitMs: number, task: (link: Link) => Promise<T>): Promise<T> {
    const limit = performance.now() + limitMs;
    for (;;) {
      const link = await this.#whenUp(limit - performance.now());
      try {
        return await task(link);
      } catch (error) {
        if (!link.signal.aborted) throw error;
      }
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const link = this.#link;
    this.#link = undefined;
    this.#setState('closed');
    this.#stop.abort();
    await link?.close();
  }

  async #establish(): Promise<Link> {
    const link = await this.#hooks.open();
    try {
      await this.#hooks.restore(link);
      if (link.signal.aborted || this.#stopped()) throw connectionLost('the connection broke again');
    } catch (error) {
      await link.close();
      throw error;
    }
    link.signal.addEventListener('abort', () => {
      this.#down(link);
    });
    this.#link = link;
    this.#lastFailure = undefined;
    this.#hooks.up(link);
    this.#setState('up');
    return link;
  }

  #down(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#hooks.down();
    this.#setState('connecting');
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Replaces the link whenever it is over. */
  async #keep(first: Link): Promise<void> {
    let link: Link | undefined = first;
    for (let attempt = 0; !this.#stopped(); attempt++) {
      if (link !== undefined) {
        await ended(link);
        if (this.#stopped()) return;
        this.#log.warn({ reason: String(link.signal.reason) }, 'bus connection lost');
        attempt = 0;
      }
      await this.#pause(attempt);
      if (this.#stopped()) return;
      link = await this.#establish().catch((error: unknown) => {
        this.#tellFailure(textOf(error));
        return undefined;
      });
      if (link !== undefined) this.#log.info('bus connection restored');
    }
  }

  async #pause(attempt: number): Promise<void> {
    await pause(backoff(attempt, { baseMs: firstRetryMs, maxMs: longestRetryMs }), this.#stop.signal);
  }

  async #whenUp(limitMs: number): Promise<Link> {
    if (this.#state === 'closed') throw busClosing();
    if (this.#link !== undefined) return this.#link;
    let stop: (() => void) | undefined;
    const change = new Promise<void>((resolve) => {
      stop = this.onState((state) => {
        if (state !== 'connecting') resolve();
      });
    });
    try {
      await within(change, Math.max(0, limitMs), () => connectionLost());
    } finally {
      stop?.();
    }
    return await this.#whenUp(limitMs);
  }

  /** A long outage is told once, and again when it changes its reason. */
  #tellFailure(reason: string): void {
    if (reason !== this.#lastFailure) this.#log.warn({ reason }, 'bus connection failed, trying again');
    this.#lastFailure = reason;
  }

  #setState(state: Bus['state']): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch (error) {
        this.#log.error({ err: error }, 'bus state listener failed');
      }
    }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function ended(link: Link): Promise<void> {
  if (link.signal.aborted) return;
  await new Promise<void>((resolve) => {
    link.signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
