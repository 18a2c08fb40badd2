/** Runs tasks one after the other, in the order they were added. A failing task does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Tasks waiting or running. */
  get length(): number {
    return this.#length;
  }

  /** Adds a task; resolves or rejects with its outcome. */
  run<T>(task: () => Promise<T> | T): Promise<T> {
    this.#length += 1;
    const result = this.#tail.then(task);
    this.#tail = result.then(
      () => (this.#length -= 1),
      () => (this.#length -= 1),
    );
    return result;
  }
}
