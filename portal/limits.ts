import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PorticoError } from '../common/contract/errors.ts';

/** How many times the limit makes a flood: the sender is not merely eager. */
const floodFactor = 20;

function refusal(what: string, { msBeforeNext }: RateLimiterRes): PorticoError {
  const retryAfterMs = Math.max(1, Math.ceil(msBeforeNext));
  return new PorticoError('rate_limited', `${what}; wait ${retryAfterMs} ms`, { retryAfterMs });
}

/** Requests of each connection: `burst` at once, `perSecond` on average. */
export class RequestLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #flood: number;

  constructor({ perSecond, burst }: { perSecond: number; burst: number }) {
    this.#limiter = new RateLimiterMemory({ points: burst, duration: burst / perSecond });
    this.#flood = burst * floodFactor;
  }

  /**
   * Counts a request.
   * @returns undefined when it may pass, else the error for the client and whether this is a flood.
   */
  async take(connection: string): Promise<{ error: PorticoError; flood: boolean } | undefined> {
    try {
      await this.#limiter.consume(connection);
      return undefined;
    } catch (result) {
      if (!(result instanceof RateLimiterRes)) throw result;
      return {
        error: refusal('too many requests', result),
        flood: result.consumedPoints > this.#flood,
      };
    }
  }

  async forget(connection: string): Promise<void> {
    await this.#limiter.delete(connection);
  }
}

/** Failed logins of each client address: whoever guesses tokens is made to wait. */
export class LoginLimit {
  readonly #limiter: RateLimiterMemory;

  constructor({ perMinute }: { perMinute: number }) {
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  /** @throws PorticoError `rate_limited` when the address has failed too often. */
  async check(address: string): Promise<void> {
    const result = await this.#limiter.get(address);
    if (result !== null && result.consumedPoints >= this.#limiter.points) {
      throw refusal('too many failed logins', result);
    }
  }

  async failed(address: string): Promise<void> {
    await this.#limiter.penalty(address);
  }
}
