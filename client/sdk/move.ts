import { comeBack, isRefusal } from './comeback.ts';
import { toClientError } from './errors.ts';
import { sleep } from './timing.ts';
import type { ComeBackOptions, Return } from './comeback.ts';

export interface MoveOptions extends Omit<ComeBackOptions, 'signal'> {
  /** The other portal is being asked to take us: from now on this one may let us go at any moment. */
  onHanding: () => void;
  /** It did not. */
  onRefused: () => void;
}

/** Clients that are told to move do so one after the other within this time, ms. */
const withinMs = 500;

/** Goes to another portal while the present one still serves: make before break. */
export class Move {
  readonly #options: MoveOptions;
  readonly #stop = new AbortController();
  #handing = false;

  constructor(options: MoveOptions) {
    this.#options = options;
  }

  /** Whether the other portal is being asked. */
  get handing(): boolean {
    return this.#handing;
  }

  /** Resolves with the new connection, or with nothing when it was stopped or no portal may take us. */
  async run(): Promise<Return | undefined> {
    const { logger } = this.#options;
    const { signal } = this.#stop;
    await sleep(Math.random() * withinMs, signal);
    try {
      const relogin: MoveOptions['relogin'] = (connection) => this.#relogin(connection);
      return await comeBack({ ...this.#options, relogin, signal });
    } catch (thrown) {
      const error = toClientError(thrown);
      if (isRefusal(error)) logger.warn('the move was refused', { code: error.code });
      return undefined;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #relogin(connection: Return['connection']): Promise<Return['answer']> {
    this.#handing = true;
    this.#options.onHanding();
    try {
      return await this.#options.relogin(connection);
    } catch (error) {
      this.#handing = false;
      this.#options.onRefused();
      throw error;
    }
  }
}
