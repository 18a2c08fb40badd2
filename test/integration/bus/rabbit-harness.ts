import { type Channel, type ChannelModel, connect } from 'amqplib';
import type { Bus } from '../../../common/bus/bus.ts';
import { RabbitBus, type RabbitBusOptions } from '../../../common/bus/rabbit-bus.ts';
import type { BrokerHarness } from './harness.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

export interface RabbitHarness extends BrokerHarness {
  readonly prefix: string;
  connect(options?: Partial<RabbitBusOptions>): Promise<Bus>;
  /** The way from a bus to the broker. */
  proxyOf(bus: Bus): TcpProxy;
  /** A connection that goes to the broker directly and knows nothing of buses. */
  readonly raw: Channel;
}

/** The machine may be busy with other things. */
const patient = { defaultTimeoutMs: 30_000 };

let runs = 0;

/** Buses on a broker, each behind a proxy of its own, under names that nobody else uses. */
export async function rabbitHarness(url: string): Promise<RabbitHarness> {
  const prefix = `test-${process.pid}-${runs++}`;
  const proxies = new Map<Bus, TcpProxy>();
  const port = Number(new URL(url).port);
  const model: ChannelModel = await connect(url);
  const raw = await model.createChannel();
  return {
    prefix,
    raw,
    connect: async (options = {}) => {
      const proxy = await TcpProxy.listen(port);
      const way = new URL(url);
      way.port = String(proxy.port);
      const bus = await RabbitBus.connect({
        url: way.href,
        heartbeatSec: 10,
        prefix,
        ...patient,
        ...options,
      });
      proxies.set(bus, proxy);
      return bus;
    },
    proxyOf: (bus) => {
      const proxy = proxies.get(bus);
      if (proxy === undefined) throw new Error('not a bus of this harness');
      return proxy;
    },
    sever: (bus) => {
      proxies.get(bus)?.sever();
    },
    outage: () => {
      for (const proxy of proxies.values()) proxy.refuse();
    },
    recover: () => {
      for (const proxy of proxies.values()) proxy.accept();
    },
    inject: (address, text) => {
      raw.publish('', `${prefix}.${address}`, Buffer.from(text));
      return Promise.resolve();
    },
    injectEvent: (topic, text) => {
      raw.publish(`${prefix}.events`, topic, Buffer.from(text));
      return Promise.resolve();
    },
    stop: async () => {
      await Promise.all([...proxies.keys()].map((bus) => bus.close()));
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      await model.close();
    },
  };
}
