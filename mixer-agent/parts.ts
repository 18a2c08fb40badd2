import type { Gauge } from 'prom-client';
import type { Owners } from '../common/cluster/owners.ts';
import type { Config } from '../common/config/schema.ts';
import type { MemberId } from '../common/contract/ids.ts';
import type { Pipes } from '../common/media/pipes/pipes.ts';
import type { RoomRouters } from '../common/media/room-routers.ts';
import type { Logger } from '../common/observe/log.ts';
import type { MixMetrics } from './metrics.ts';
import type { MixWords } from './mix/protocol.ts';
import type { Placement } from './placement.ts';
import type { ProcessPool } from './process/process-pool.ts';
import type { RoomTies } from './room-ties.ts';

/** What all parts of a mixer agent share. */
export interface AgentParts extends Pick<Pipes, 'published' | 'sources'> {
  readonly self: MemberId;
  readonly owners: Owners;
  readonly ties: RoomTies;
  readonly placement: Placement;
  readonly log: Logger;
  readonly routers: RoomRouters;
  /** Tracks that are fetched from rooms. */
  readonly fetched: Gauge<'kind'>;
  /** The FFmpeg to use. @throws PorticoError `unavailable` when there is none */
  readonly ffmpeg: () => Promise<string>;
}

/** What the parts of mixes share. */
export interface MixParts extends AgentParts {
  readonly config: Config['mixer'];
  readonly metrics: MixMetrics;
  readonly processes: ProcessPool<MixWords>;
}
