import { pause } from '../../common/lifecycle/wait.ts';

export interface UntilOptions {
  /** Said when it does not come true. */
  what?: string;
  timeoutMs?: number;
}

/**
 * Waits until a condition holds, and returns what it returned.
 * @throws Error when it does not within the time.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what = condition.toString(), timeoutMs = 5_000 }: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const limit = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, undefined | null | false | 0 | ''>;
    if (performance.now() > limit) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(3);
  }
}
