import type { Registry } from 'prom-client';
import type { Bus } from './bus/bus.ts';
import type { Membership } from './cluster/membership.ts';
import type { Prober } from './cluster/prober.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './observe/log.ts';

/** What every service gets from the process that runs it. */
export interface ServiceContext {
  bus: Bus;
  /** This process in the cluster, with the role of the service; announced by the process once the service serves. */
  membership: Membership;
  prober: Prober;
  config: Config;
  log: Logger;
  metrics: Registry;
}

/** A running service. */
export interface RunningService {
  /** Finishes what it holds and stops; resolves when it is really gone. */
  close(): Promise<void>;
}
