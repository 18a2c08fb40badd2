/** What receivers want of the layers of a producer. */
export interface WantedLayers {
  /** Highest spatial layer that anybody wants. -1: none. */
  readonly max: number;
  /** Somebody's line is too thin for more than the lowest: it has to be made, where it is made on demand. */
  readonly low: boolean;
}

const nothing: WantedLayers = { max: -1, low: false };

/** Collects what is wanted of a producer: each consumer and each pipe says its own. */
export class LayerWishes {
  readonly #wishes = new Map<string, WantedLayers>();
  readonly #listeners = new Set<(wanted: WantedLayers) => void>();
  #wanted = nothing;

  get max(): number {
    return this.#wanted.max;
  }

  get low(): boolean {
    return this.#wanted.low;
  }

  set(key: string, max: number, low = false): void {
    this.#wishes.set(key, { max, low });
    this.#update();
  }

  delete(key: string): void {
    this.#wishes.delete(key);
    this.#update();
  }

  /** Calls when something changes in what all want together. */
  onChange(listener: (wanted: WantedLayers) => void): void {
    this.#listeners.add(listener);
  }

  #update(): void {
    let wanted = nothing;
    for (const { max, low } of this.#wishes.values()) {
      wanted = { max: Math.max(wanted.max, max), low: wanted.low || low };
    }
    if (wanted.max === this.#wanted.max && wanted.low === this.#wanted.low) return;
    this.#wanted = wanted;
    for (const listener of this.#listeners) listener(wanted);
  }
}
