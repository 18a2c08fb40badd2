import { PorticoError } from '../../common/contract/errors.ts';

/** How long a request waits for the login that it has overtaken, ms. */
const patienceMs = 2_000;
/** Requests that wait at most. */
const maxWaiting = 50;

/**
 * Requests that arrive before the login. Socket.IO clients send what was asked for while they were disconnected as soon
 * as they are connected again, and that is before the application can log in again (OWT G9).
 */
export class EarlyRequests {
  readonly #isJoining: () => boolean;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** @param isJoining whether a login is under way: what waits for it waits to its end */
  constructor(isJoining: () => boolean) {
    this.#isJoining = isJoining;
  }

  /**
   * Resolves after the login, or when there will be none: the request is then refused by whoever carries it out.
   * @throws PorticoError `illegal_request` when too many wait already.
   */
  async turn(method: string): Promise<void> {
    if (this.#waiting.size >= maxWaiting) {
      throw new PorticoError('illegal_request', `'${method}' needs a joined participant: log in first`);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isJoining()) this.settle();
    }, patienceMs);
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  /** The login has succeeded or failed. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
