import { RabbitBus } from '../../../common/bus/rabbit-bus.ts';

/**
 * A process with a bus, for tests that kill or hang it: `bus-child.ts <url> <prefix> <heartbeatSec> <what>`. Tells its
 * parent `ready`, and what it learns.
 */
const [url = '', prefix = '', heartbeatSec = '', what = ''] = process.argv.slice(2);

const tell = (message: string): void => {
  process.send?.(message);
};

const bus = await RabbitBus.connect({ url, prefix, heartbeatSec: Number(heartbeatSec) });

/** Holds an address until it is killed. */
async function hold(): Promise<void> {
  const claim = await bus.claim('child.claim');
  await claim.serve(() => Promise.resolve(process.pid));
  void claim.ended.then((how) => {
    tell(how);
  });
}

/** Answers with all that it has handled. */
async function record(): Promise<void> {
  const handled: unknown[] = [];
  await bus.serve('child.record', (params) => {
    handled.push(params);
    return Promise.resolve(handled);
  });
}

/** Uses everything, closes the bus and has nothing left to do. */
async function finish(): Promise<void> {
  await Promise.all([
    bus.serve('child.served', (params) => Promise.resolve(params)),
    bus.claim('child.claimed'),
  ]);
  await bus.subscribe('child.#', () => undefined);
  await bus.publish('child.event', {});
  await bus.call('child.served', 'echo', 1);
  bus.call('child.claimed', 'wait', 1).catch(() => undefined);
  await bus.close();
}

const tasks: Record<string, () => Promise<void>> = { hold, record, finish };
await tasks[what]?.();
tell('ready');
