import { randomUUID } from 'node:crypto';
import { type Logger, silentLogger } from '../observe/log.ts';
import { type BusOptions, defaultBusOptions } from './bus.ts';
import { LinkedBus } from './linked-bus.ts';
import type { LocalBroker } from './local-broker.ts';

export { LocalBroker } from './local-broker.ts';

export interface LocalBusOptions extends Partial<BusOptions> {
  /** Name of the connection at the broker. */
  name?: string;
  log?: Logger;
}

/** The bus of services that share a process. Several buses on one broker behave like several processes. */
export class LocalBus extends LinkedBus {
  static async connect(
    broker: LocalBroker,
    { name = 'local', log = silentLogger, ...limits }: LocalBusOptions = {},
  ): Promise<LocalBus> {
    // All connections of a bus, one after the other, share a lane: what it sent before a break arrives before the rest.
    const lane = randomUUID();
    const openLink = (events: Parameters<LocalBroker['connect']>[1]) =>
      Promise.resolve().then(() => broker.connect(name, events, lane));
    const bus = new LocalBus(openLink, { ...defaultBusOptions, ...limits }, log);
    await bus.start(0);
    return bus;
  }
}
