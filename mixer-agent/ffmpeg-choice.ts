import { PorticoError } from '../common/contract/errors.ts';
import type { Logger } from '../common/observe/log.ts';

/** Somebody may install one meanwhile: after so long it is looked for again, ms. */
const againMs = 30_000;

/** The FFmpeg of an agent: looked for once, and tried out, which takes a moment. */
export class FfmpegChoice {
  readonly #find: () => Promise<string>;
  readonly #log: Logger;
  #finding: Promise<string> | undefined;
  #failedAt: number | undefined;

  /** @param find rejects with a sentence when there is none that can mix */
  constructor(find: () => Promise<string>, log: Logger) {
    this.#find = find;
    this.#log = log;
  }

  /** None can be used, as far as is known. */
  get missing(): boolean {
    return this.#failedAt !== undefined;
  }

  /** Its path. @throws PorticoError `unavailable` when there is none */
  async path(): Promise<string> {
    if (this.#failedAt !== undefined && performance.now() - this.#failedAt > againMs)
      this.#finding = undefined;
    this.#finding ??= this.#look();
    return await this.#finding;
  }

  async #look(): Promise<string> {
    try {
      const path = await this.#find();
      this.#failedAt = undefined;
      this.#log.info({ path }, 'FFmpeg found');
      return path;
    } catch (error) {
      this.#failedAt = performance.now();
      const why = error instanceof Error ? error.message : String(error);
      this.#log.warn({ reason: why }, 'no usable FFmpeg: pictures cannot be mixed');
      throw new PorticoError('unavailable', `pictures cannot be mixed here: ${why}`, {}, { cause: error });
    }
  }
}
