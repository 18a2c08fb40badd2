import { mock } from 'node:test';

const stepMs = 10;

/** Lets promises and the scripted server's answers take their course. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes only when the test says so. */
export const clock = {
  start(): void {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 });
  },

  stop(): void {
    mock.timers.reset();
  },

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      mock.timers.tick(Math.min(left, stepMs));
      await settle();
    }
  },
};
