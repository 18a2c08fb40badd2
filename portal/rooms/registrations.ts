/**
 * Publications and subscriptions that are being registered with the room. A client need not wait for the answer before
 * it produces or consumes: what it sends right behind is held here until the registration is settled, which saves it a
 * round trip.
 */
export class Registrations {
  readonly #running = new Map<string, Promise<unknown>>();

  /** Carries out a registration under its id. */
  async run<T>(id: string, task: () => Promise<T>): Promise<T> {
    const running = task();
    this.#running.set(id, running);
    try {
      return await running;
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id);
    }
  }

  /** Resolves when nothing is being registered under this id, whatever became of it. */
  async settled(id: string): Promise<void> {
    await this.#running.get(id)?.catch(() => undefined);
  }
}
