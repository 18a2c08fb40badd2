import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { clusterMetrics } from '../../../common/observe/cluster-metrics.ts';

describe('numbers about the cluster', () => {
  it('tell at each request whether the bus is up and who is known', async () => {
    const registry = new Registry();
    let state: 'up' | 'connecting' = 'up';
    const bus = {
      get state() {
        return state;
      },
    };
    const membership = { members: (role?: string) => (role === 'access' ? [{}, {}] : []) as never[] };
    clusterMetrics(registry, () => [{ role: 'portal', bus, membership }]);
    const before = await registry.metrics();
    assert.match(before, /^portico_bus_up\{service="portal"\} 1$/m);
    assert.match(before, /^portico_members\{service="portal",role="access"\} 2$/m);
    assert.match(before, /^portico_members\{service="portal",role="conference"\} 0$/m);
    state = 'connecting';
    assert.match(await registry.metrics(), /^portico_bus_up\{service="portal"\} 0$/m);
  });
});
