import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PorticoError } from '../../common/contract/errors.ts';

function refusal(what: string, { msBeforeNext }: RateLimiterRes): PorticoError {
  const retryAfterMs = Math.max(1, Math.ceil(msBeforeNext));
  return new PorticoError('rate_limited', `${what}; wait ${retryAfterMs} ms`, { retryAfterMs });
}

/** At most so many a minute for each key. */
export class MinuteLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #what: string;

  /** @param what said to those who are refused */
  constructor(perMinute: number, what: string) {
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
    this.#what = what;
  }

  /**
   * Counts one.
   * @throws PorticoError `rate_limited`
   */
  async take(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (result) {
      if (!(result instanceof RateLimiterRes)) throw result;
      throw refusal(this.#what, result);
    }
  }
}
