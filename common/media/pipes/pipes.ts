import type { Bus } from '../../bus/bus.ts';
import { Caller } from '../../bus/contract.ts';
import type { Membership } from '../../cluster/membership.ts';
import type { Prober } from '../../cluster/prober.ts';
import { pipeContract } from '../../contract/pipes.ts';
import type { Logger } from '../../observe/log.ts';
import { LocalPipes } from '../local-pipes.ts';
import type { MediaMetrics } from '../media-metrics.ts';
import type { PipeAddress } from '../pipe-transport.ts';
import type { RoomRouters } from '../room-routers.ts';
import { EdgePipes } from './edge-pipes.ts';
import { OriginPipes } from './origin-pipes.ts';
import { Peers } from './peers.ts';
import type { Published } from './published.ts';
import { Sources } from './sources.ts';

export interface PipesOptions {
  bus: Bus;
  membership: Membership;
  prober: Prober;
  /** Where other agents reach this one. */
  address: PipeAddress;
  metrics: MediaMetrics;
  log: Logger;
}

/** How media gets to and from other routers, on this agent and on others. */
export interface Pipes {
  /** What enters here; whoever makes a producer puts it in. */
  readonly published: Published;
  readonly sources: Sources;
  readonly edgePipes: EdgePipes;
  readonly originPipes: OriginPipes;
}

export function createPipes(
  { bus, membership, prober, ...options }: PipesOptions,
  routers: RoomRouters,
): Pipes {
  const { address, metrics } = options;
  const self = membership.id;
  const published: Published = new Map();
  const parts = {
    ...options,
    self,
    agents: new Caller(bus, pipeContract),
    peers: new Peers(membership, prober),
  };
  const edgePipes = new EdgePipes(parts);
  const localPipes = new LocalPipes(metrics, address.ports);
  return {
    published,
    edgePipes,
    originPipes: new OriginPipes({ ...parts, published }, routers),
    sources: new Sources({ self, published, localPipes, edgePipes }),
  };
}
