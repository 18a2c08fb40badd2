interface Entry<V> {
  value: Promise<V>;
  /** ms, monotonic. */
  until: number;
}

/** Remembers what was looked up for a short time; several who ask at once share one look-up. */
export class TimedCache<K, V> {
  readonly #entries = new Map<K, Entry<V>>();
  readonly #forMs: number;
  readonly #size: number;
  readonly #load: (key: K) => Promise<V>;

  constructor(forMs: number, size: number, load: (key: K) => Promise<V>) {
    this.#forMs = forMs;
    this.#size = size;
    this.#load = load;
  }

  get(key: K): Promise<V> {
    const now = performance.now();
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.until > now) return entry.value;
    const fresh: Entry<V> = { value: this.#load(key), until: now + this.#forMs };
    // Put behind all others: the first of the map is always the oldest.
    this.#entries.delete(key);
    this.#entries.set(key, fresh);
    this.#trim();
    fresh.value.catch(() => {
      if (this.#entries.get(key) === fresh) this.#entries.delete(key);
    });
    return fresh.value;
  }

  /** The next one who asks looks it up. */
  forget(key: K): void {
    this.#entries.delete(key);
  }

  #trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#size) return;
      this.#entries.delete(key);
    }
  }
}
