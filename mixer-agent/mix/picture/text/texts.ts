import type { EngineLog } from '../../../process/engine-log.ts';
import { nothing, type TextMask, type TextWish } from './text-mask.ts';
import { Drawer } from './drawer.ts';
import type { Drawn } from './worker.ts';

export interface TextsOptions {
  log: EngineLog;
  drawer?: Drawer;
}

/** Texts that are drawn in one go. */
const perRun = 32;
/** Texts that are kept, and that may wait. */
const kept = 256;
const waiting = 1_024;
const retryMs = 1_000;
const longestRetryMs = 60_000;
/** Well under a second; a machine without time to spare must get there, too. */
const limitMs = 60_000;
/** A text that fails so often, alone, is left out. */
const mostFailures = 4;

interface Wanted {
  wish: TextWish;
  failures: number;
}

const keyOf = ({ text, font, size, room }: TextWish): string => `${font} ${size} ${room} ${text}`;

/**
 * Drawn texts. What is not there yet is drawn in the background, and found by the next call; nobody waits. The ones used
 * last are kept.
 */
export class Texts {
  readonly #log: EngineLog;
  readonly #drawer: Drawer;
  /** In the order of their use. */
  readonly #ready = new Map<string, TextMask>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #ended = new AbortController();
  #running = false;
  #retry: NodeJS.Timeout | undefined;
  #revision = 0;

  constructor({ log, drawer = new Drawer() }: TextsOptions) {
    this.#log = log;
    this.#drawer = drawer;
  }

  /** Grows when texts have become ready. */
  get revision(): number {
    return this.#revision;
  }

  /** The text, or undefined as long as it is not drawn. Size whole. */
  get(wish: TextWish): TextMask | undefined {
    const key = keyOf(wish);
    const mask = this.#ready.get(key);
    if (mask === undefined) {
      this.#want(key, wish);
      return undefined;
    }
    this.#ready.delete(key);
    this.#ready.set(key, mask);
    return mask;
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#ended.abort();
    this.#drawer.close();
    this.#wanted.clear();
  }

  #want(key: string, wish: TextWish): void {
    if (this.#wanted.has(key) || this.#ended.signal.aborted) return;
    const [oldest] = this.#wanted.keys();
    if (this.#wanted.size >= waiting && oldest !== undefined) this.#wanted.delete(oldest);
    this.#wanted.set(key, { wish, failures: 0 });
    // All that is asked for in one go is drawn in one run.
    if (!this.#running) queueMicrotask(() => void this.#run());
  }

  /** Everything that was not tried yet. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let batch = this.#fresh(); batch.length > 0; batch = this.#fresh()) await this.#draw(batch);
    this.#running = false;
    this.#retryLater();
  }

  #fresh(): [string, Wanted][] {
    return [...this.#wanted].filter(([, { failures }]) => failures === 0).slice(0, perRun);
  }

  /** What failed is tried again, one by one: a text that cannot be drawn hinders no other. */
  #retryLater(): void {
    if (this.#retry !== undefined || this.#wanted.size === 0) return;
    const least = Math.min(...Array.from(this.#wanted.values(), ({ failures }) => failures));
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        void this.#again();
      },
      Math.min(retryMs * 2 ** least, longestRetryMs),
    );
    this.#retry.unref();
  }

  async #again(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let drawn = true; drawn && this.#wanted.size > 0;) {
      const [first] = [...this.#wanted].sort(([, a], [, b]) => a.failures - b.failures);
      drawn = first !== undefined && (await this.#draw([first]));
    }
    this.#running = false;
    await this.#run();
  }

  async #draw(batch: [string, Wanted][]): Promise<boolean> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(limitMs)]);
    const wishes = batch.map(([, { wish }]) => wish);
    try {
      const drawn = await this.#drawer.draw(wishes, signal);
      for (const [index, [key]] of batch.entries()) this.#keep(key, this.#maskOf(drawn[index]));
      this.#revision += 1;
      return true;
    } catch (error) {
      this.#failed(batch, error);
      return false;
    }
  }

  #maskOf(drawn: Drawn | undefined): TextMask {
    if (drawn === undefined) return nothing;
    if ('mask' in drawn) return drawn.mask;
    this.#log.warn({ error: drawn.failure }, 'a name cannot be drawn');
    return nothing;
  }

  #failed(batch: readonly [string, Wanted][], error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#log.warn({ error: String(error), texts: batch.length }, 'names cannot be drawn');
    for (const [key, wanted] of batch) {
      wanted.failures += 1;
      if (wanted.failures >= mostFailures) this.#keep(key, nothing);
    }
  }

  #keep(key: string, mask: TextMask): void {
    this.#wanted.delete(key);
    this.#ready.set(key, mask);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > kept && oldest !== undefined) this.#ready.delete(oldest);
  }
}
