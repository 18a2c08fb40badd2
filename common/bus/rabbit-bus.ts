import { type Logger, silentLogger } from '../observe/log.ts';
import { type BusOptions, defaultBusOptions } from './bus.ts';
import { LinkedBus } from './linked-bus.ts';
import { RabbitLink } from './rabbit-link.ts';
import { parseRabbitUrl } from './rabbit-url.ts';

export interface RabbitBusOptions extends Partial<BusOptions> {
  /** `amqp[s]://user:password@host:port/vhost`; parameters for TLS see `parseRabbitUrl`. */
  url: string;
  /** Seconds; a silent peer counts as dead after two to three of them. */
  heartbeatSec: number;
  /** First word of our queues' and the exchange's names: several clusters may share a virtual host. */
  prefix?: string;
  /** Shown in the broker's list of connections. */
  name?: string;
  /** How long to try for the first connection, ms. Later ones are tried for ever. */
  connectTimeoutMs?: number;
  log?: Logger;
}

/** The bus of a cluster: RabbitMQ 3.8 or later. */
export class RabbitBus extends LinkedBus {
  /** @throws PorticoError `bad_request` for the URL, `unavailable` with the reason */
  static async connect(options: RabbitBusOptions): Promise<RabbitBus> {
    const { url, heartbeatSec, prefix = 'portico', name = 'portico', ...rest } = options;
    const { connectTimeoutMs = 30_000, log = silentLogger, ...limits } = rest;
    const target = parseRabbitUrl(url);
    const link = { target, prefix, heartbeatSec, name };
    const child = log.child({ broker: target.shown });
    const openLink = RabbitLink.open.bind(RabbitLink, link);
    const bus = new RabbitBus(openLink, { ...defaultBusOptions, ...limits }, child);
    await bus.start(connectTimeoutMs);
    return bus;
  }
}
