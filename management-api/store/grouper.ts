import { PorticoError } from '../../common/contract/errors.ts';

/** Most that travel together: a group of them is written in some ms. */
const limit = 500;

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Collects what arrives while something is being written, and writes it together. */
export class Grouper<T> {
  readonly #write: (items: readonly T[]) => Promise<void>;
  #waiting: Waiting<T>[] = [];
  #writing = false;

  constructor(write: (items: readonly T[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when it is written. */
  async add(item: T): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#writing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0, limit));
    this.#writing = false;
  }

  async #writeGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      const mayBeOne = group.length > 1 && !PorticoError.from(error).retryable;
      if (mayBeOne) await Promise.all(group.map((one) => this.#writeGroup([one])));
      else for (const { reject } of group) reject(error);
    }
  }
}
