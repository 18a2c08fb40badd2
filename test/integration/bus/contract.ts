import { describeCalls } from './contract-calls.ts';
import { describeClaims } from './contract-claims.ts';
import { describeEvents } from './contract-events.ts';
import { describeLimits } from './contract-limits.ts';
import { describeReconnects } from './contract-reconnects.ts';
import type { BrokerHarness } from './harness.ts';

/** The promises of the bus, tested on one implementation. `makeBroker` is called once. */
export function describeBus(name: string, makeBroker: () => Promise<BrokerHarness>): void {
  describe(name, () => {
    let broker: BrokerHarness | undefined;
    const harness = (): BrokerHarness => {
      if (broker === undefined) throw new Error('the broker has not been started');
      return broker;
    };
    before(async () => {
      broker = await makeBroker();
    });
    after(async () => {
      await broker?.stop();
    });
    describeCalls(harness);
    describeEvents(harness);
    describeClaims(harness);
    describeLimits(harness);
    describeReconnects(harness);
  });
}
