import type { Bus } from '../common/bus/bus.ts';
import { LocalBroker, LocalBus } from '../common/bus/local-bus.ts';
import { RabbitBus } from '../common/bus/rabbit-bus.ts';
import { maskText } from '../common/config/mask.ts';
import type { Config } from '../common/config/schema.ts';
import type { Role } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { pause } from '../common/lifecycle/wait.ts';
import type { Logger } from '../common/observe/log.ts';

/** Gives each service of the process its own connection to the bus. */
export type BusSource = (role: Role, log: Logger) => Promise<Bus>;

const retryMs = 500;
/** How often the same failure is said again, ms. */
const repeatMs = 5_000;

/** Services of one process on a broker inside it; or on RabbitMQ, waiting for it as long as it takes. */
export function busSource({ bus }: Config, signal: AbortSignal): BusSource {
  const limits = {
    maxMessageBytes: bus.max_message_bytes,
    defaultTimeoutMs: bus.call_timeout_ms,
    rememberMs: bus.remember_ms,
  };
  if (bus.url === '') {
    const broker = new LocalBroker();
    return (role, log) => LocalBus.connect(broker, { ...limits, name: role, log });
  }
  return (role, log) => {
    const attempt = () =>
      RabbitBus.connect({
        ...limits,
        url: bus.url,
        prefix: bus.prefix,
        heartbeatSec: bus.heartbeat_s,
        name: `portico ${role}`,
        connectTimeoutMs: 0,
        log,
      });
    return untilConnected(attempt, { url: maskText(bus.url), log, signal });
  };
}

interface Waiting {
  url: string;
  log: Logger;
  signal: AbortSignal;
}

/**
 * A broker that is not there yet is no reason to give up: it may start later than we do.
 * @throws PorticoError `closing` when the process is asked to end meanwhile
 */
async function untilConnected(attempt: () => Promise<Bus>, { url, log, signal }: Waiting): Promise<Bus> {
  let saidAt = -Infinity;
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PorticoError) || error.code !== 'unavailable') throw error;
      if (performance.now() - saidAt >= repeatMs) {
        log.warn({ broker: url, reason: error.message }, 'RabbitMQ cannot be reached; trying on');
        saidAt = performance.now();
      }
      await pause(retryMs, signal);
    }
  }
  throw new PorticoError('closing', 'asked to end while waiting for RabbitMQ');
}
