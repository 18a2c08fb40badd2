import type { Bus } from '../bus/bus.ts';

interface Listener {
  onGone: () => void;
  graceMs: number;
}

interface Watch {
  listeners: Set<Listener>;
  timer: NodeJS.Timeout;
  /** A question is on its way. */
  asking: boolean;
  /** When the address was first found unserved, ms (monotonic); undefined while it is served. */
  missingSince: number | undefined;
}

/**
 * After a restart of the broker the others need a moment to serve again, ms. Their connections broke with ours, and
 * what they hold never stopped.
 */
const settleMs = 3_000;

/**
 * Notices within a fraction of a second that nobody serves an address any more: asks the broker at an interval.
 * One question per address, however many listeners.
 */
export class Prober {
  readonly #bus: Bus;
  readonly #intervalMs: number;
  readonly #settleMs: number;
  readonly #watches = new Map<string, Watch>();
  readonly #stopListening: () => void;
  #trustFrom = 0;

  /** @param settle ms after a reconnect of our own during which an unserved address says nothing */
  constructor(bus: Bus, intervalMs: number, settle = settleMs) {
    this.#bus = bus;
    this.#intervalMs = intervalMs;
    this.#settleMs = settle;
    this.#stopListening = bus.onState((state) => {
      if (state === 'up') this.#trustFrom = performance.now() + this.#settleMs;
      for (const watch of this.#watches.values()) watch.missingSince = undefined;
    });
  }

  /**
   * Calls `onGone` each time a probe finds the address unserved that was so for `graceMs` already. With 0 the first
   * probe counts; a process whose connection broke for a moment needs more. Returns a function that ends the watch.
   */
  watch(address: string, onGone: () => void, graceMs = 0): () => void {
    let watch = this.#watches.get(address);
    if (watch === undefined) {
      const timer = setInterval(() => void this.#probe(address), this.#intervalMs);
      watch = { listeners: new Set(), timer, asking: false, missingSince: undefined };
      this.#watches.set(address, watch);
    }
    // An object of its own, so that the same function may be given twice.
    const listener = { onGone, graceMs };
    watch.listeners.add(listener);
    return () => {
      this.#unwatch(address, listener);
    };
  }

  /** Asks for a watched address now, because somebody found it unserved. */
  check(address: string): void {
    void this.#probe(address);
  }

  close(): void {
    this.#stopListening();
    for (const { timer } of this.#watches.values()) clearInterval(timer);
    this.#watches.clear();
  }

  #unwatch(address: string, listener: Listener): void {
    const watch = this.#watches.get(address);
    if (watch?.listeners.delete(listener) !== true || watch.listeners.size > 0) return;
    clearInterval(watch.timer);
    this.#watches.delete(address);
  }

  async #probe(address: string): Promise<void> {
    const watch = this.#watches.get(address);
    if (watch === undefined || watch.asking) return;
    watch.asking = true;
    // While our own connection is down nothing is known about the other side.
    const served = await this.#bus.probe(address).catch(() => true);
    watch.asking = false;
    this.#note(watch, served, performance.now());
  }

  #note(watch: Watch, served: boolean, now: number): void {
    if (served || now < this.#trustFrom) {
      watch.missingSince = undefined;
      return;
    }
    watch.missingSince ??= now;
    // A copy: listeners end watches and begin others.
    for (const listener of [...watch.listeners]) {
      if (watch.listeners.has(listener) && now - watch.missingSince >= listener.graceMs) listener.onGone();
    }
  }
}
