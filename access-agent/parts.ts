import type { Bus } from '../common/bus/bus.ts';
import type { Config } from '../common/config/schema.ts';
import type { MemberId } from '../common/contract/ids.ts';
import type { MediaMetrics } from '../common/media/media-metrics.ts';
import type { RoomRouters } from '../common/media/room-routers.ts';
import type { Logger } from '../common/observe/log.ts';
import type { Hints } from './hints.ts';
import type { Published } from '../common/media/pipes/published.ts';
import type { Sources } from '../common/media/pipes/sources.ts';

/** What the parts of an access agent share. */
export interface AgentParts {
  readonly self: MemberId;
  readonly bus: Bus;
  readonly config: Config['access'];
  readonly log: Logger;
  readonly metrics: MediaMetrics;
  readonly routers: RoomRouters;
  readonly hints: Hints;
  readonly published: Published;
  readonly sources: Sources;
}
