import type { Bus } from '../../../common/bus/bus.ts';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { describeBus } from './contract.ts';
import type { BrokerHarness } from './harness.ts';

function localHarness(delay?: () => number): BrokerHarness {
  const broker = new LocalBroker(delay === undefined ? {} : { delay });
  const names = new Map<Bus, string>();
  let count = 0;
  return {
    connect: async (options = {}) => {
      const name = `bus-${count++}`;
      const bus = await LocalBus.connect(broker, { name, defaultTimeoutMs: 30_000, ...options });
      names.set(bus, name);
      return bus;
    },
    sever: (bus) => {
      broker.sever(names.get(bus) ?? 'unknown');
    },
    outage: () => {
      broker.stop();
    },
    recover: () => {
      broker.start();
    },
    inject: (address, text) => {
      broker.inject(address, text);
      return Promise.resolve();
    },
    injectEvent: (topic, text) => {
      broker.injectEvent(topic, text);
      return Promise.resolve();
    },
    stop: async () => {
      await Promise.all([...names.keys()].map((bus) => bus.close()));
    },
  };
}

/** The same delays in every run. */
function randomDelay(seed: number, maxMs: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state / 2_147_483_648) * maxMs;
  };
}

describeBus('local bus', () => Promise.resolve(localHarness()));
for (const seed of [1, 2, 3]) {
  describeBus(`local bus with random delays (${seed})`, () =>
    Promise.resolve(localHarness(randomDelay(seed, 12))),
  );
}
