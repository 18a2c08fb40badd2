export interface MemoryLimits {
  /** How long a result is kept, ms. */
  keepMs: number;
  maxEntries: number;
  /** Characters of keys and results together. */
  maxChars: number;
}

/** Answers of calls for repetitions. The oldest go first, by age or when there are too many. */
export class ResultMemory {
  readonly #limits: MemoryLimits;
  readonly #now: () => number;
  /** In the order of completion, which is the order of expiry. */
  readonly #entries = new Map<string, { text: string; until: number }>();
  #chars = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: MemoryLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#now() ? entry.text : undefined;
  }

  set(key: string, text: string): void {
    this.#remove(key);
    const now = this.#now();
    this.#entries.set(key, { text, until: now + this.#limits.keepMs });
    this.#chars += key.length + text.length;
    this.#sweep(now);
    this.#sweepLater();
  }

  /** Also when nothing is added any more, nothing is kept beyond its time. */
  #sweepLater(): void {
    if (this.#sweeper !== undefined || this.#entries.size === 0) return;
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined;
      this.#sweep(this.#now());
      this.#sweepLater();
    }, this.#limits.keepMs).unref();
  }

  #sweep(now: number): void {
    const { maxEntries, maxChars } = this.#limits;
    for (const [key, { until }] of this.#entries) {
      if (until > now && this.#entries.size <= maxEntries && this.#chars <= maxChars) return;
      this.#remove(key);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#chars -= key.length + entry.text.length;
  }
}
