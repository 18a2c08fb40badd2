import type { MixLog } from '../../log.ts';
import { drawTexts, sweepAbandoned, type TextMask, type TextWish } from './draw.ts';

export interface TextsOptions {
  ffmpeg: string;
  log: MixLog;
}

/** Texts in one run of FFmpeg. */
const perRun = 32;
/** Texts that are kept, and that may wait. */
const kept = 256;
const waiting = 1_024;
const retryMs = 1_000;
const longestRetryMs = 60_000;
const limitMs = 10_000;

interface Wanted {
  wish: TextWish;
  failures: number;
}

const keyOf = ({ text, font, size }: TextWish): string => `${font} ${size} ${text}`;

/**
 * Drawn texts. What is not there yet is drawn in the background, and found by the next call; nobody waits. The ones used
 * last are kept.
 */
export class Texts {
  readonly #options: TextsOptions;
  /** In the order of their use. */
  readonly #ready = new Map<string, TextMask>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #ended = new AbortController();
  #running = false;
  #retry: NodeJS.Timeout | undefined;
  #revision = 0;

  constructor(options: TextsOptions) {
    this.#options = options;
    sweepAbandoned().catch((error: unknown) => {
      options.log.debug({ error: String(error) }, 'old drawings of names cannot be removed');
    });
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

  /** What failed is tried again, one by one: a text that FFmpeg does not like hinders no other. */
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
      const masks = await drawTexts(wishes, { ffmpeg: this.#options.ffmpeg, signal });
      for (const [index, [key]] of batch.entries()) this.#keep(key, masks[index]);
      this.#revision += 1;
      return true;
    } catch (error) {
      for (const [, wanted] of batch) wanted.failures += 1;
      if (!this.#ended.signal.aborted) {
        this.#options.log.warn({ error: String(error), texts: batch.length }, 'names cannot be drawn');
      }
      return false;
    }
  }

  #keep(key: string, mask: TextMask | undefined): void {
    this.#wanted.delete(key);
    if (mask !== undefined) this.#ready.set(key, mask);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > kept && oldest !== undefined) this.#ready.delete(oldest);
  }
}
