/** Highest spatial layer that anybody wants of a producer: each consumer and each pipe says its own. -1: none. */
export class LayerWishes {
  readonly #wishes = new Map<string, number>();
  readonly #listeners = new Set<(max: number) => void>();
  #max = -1;

  get max(): number {
    return this.#max;
  }

  set(key: string, layer: number): void {
    this.#wishes.set(key, layer);
    this.#update();
  }

  delete(key: string): void {
    this.#wishes.delete(key);
    this.#update();
  }

  /** Calls when the highest changes. */
  onChange(listener: (max: number) => void): void {
    this.#listeners.add(listener);
  }

  #update(): void {
    const max = Math.max(-1, ...this.#wishes.values());
    if (max === this.#max) return;
    this.#max = max;
    for (const listener of this.#listeners) listener(max);
  }
}
