import { pause } from '../../../common/lifecycle/wait.ts';

/** Waits until a condition of another process holds; asks again and again, as nothing tells. */
export async function eventually(condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`not so within ${limitMs} ms`);
    await pause(50);
  }
}
