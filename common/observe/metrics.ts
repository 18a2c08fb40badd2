import { collectDefaultMetrics, Registry } from 'prom-client';

/** A process's metrics. Each part registers its own next to the transition it counts (`portico_<noun>_<unit>[_total]`). */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
