import type { Egress } from './egress.ts';

/** How long a room is kept for recordings whose files are being finalised, ms. */
const patienceMs = 60_000;

/** Recordings that are over, but of which more is to be heard: the room stays open for that, though not for ever. */
export class Finishing {
  readonly #waiting = new Map<Egress, NodeJS.Timeout>();
  readonly #onIdle: () => void;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  add(egress: Egress): void {
    const timer = setTimeout(() => {
      this.delete(egress);
    }, patienceMs);
    this.#waiting.set(egress, timer);
  }

  delete(egress: Egress): void {
    clearTimeout(this.#waiting.get(egress));
    if (this.#waiting.delete(egress) && !this.busy) this.#onIdle();
  }

  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
