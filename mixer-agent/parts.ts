import type { Bus } from '../common/bus/bus.ts';
import type { Prober } from '../common/cluster/prober.ts';
import type { Config } from '../common/config/schema.ts';
import type { MemberId } from '../common/contract/ids.ts';
import type { Pipes } from '../common/media/pipes/pipes.ts';
import type { RoomRouters } from '../common/media/room-routers.ts';
import type { Logger } from '../common/observe/log.ts';
import type { MixMetrics } from './metrics.ts';
import type { ProcessPool } from './process/process-pool.ts';

/** What the parts of a mixer agent share. */
export interface MixParts extends Pick<Pipes, 'published' | 'sources'> {
  readonly self: MemberId;
  readonly bus: Bus;
  readonly prober: Prober;
  readonly config: Config['mixer'];
  readonly log: Logger;
  readonly metrics: MixMetrics;
  readonly routers: RoomRouters;
  readonly processes: ProcessPool;
  /** The FFmpeg to use. @throws PorticoError `unavailable` when there is none */
  readonly ffmpeg: () => Promise<string>;
}
