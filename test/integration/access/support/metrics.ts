import { EventEmitter } from 'node:events';
import type { Registry } from 'prom-client';

/** Value of a metric, 0 while it has none. */
export async function metric(
  registry: Registry,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
  const matching = values.filter((value) =>
    Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}

/** Looks at something at short intervals, for what tells nobody when it changes. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  const ticks = new EventEmitter();
  const timer = setInterval(() => ticks.emit('tick'), 20);
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > deadline) throw new Error(`timed out waiting for: ${what}`);
      await new Promise((resolve) => ticks.once('tick', resolve));
    }
  } finally {
    clearInterval(timer);
  }
}
