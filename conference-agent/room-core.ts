import type { Config, RoomConfig } from '../common/config/schema.ts';
import type { Owner } from '../common/contract/cluster.ts';
import type { Logger } from '../common/observe/log.ts';
import type { Agents } from './agents.ts';
import type { ConferenceMetrics } from './metrics.ts';
import type { Portals } from './portals.ts';
import type { RoomLog } from './room-log.ts';
import type { RoomState } from './room-state.ts';
import type { UsedTokens } from './used-tokens.ts';

/** What the parts of a room share. */
export interface RoomCore {
  readonly state: RoomState;
  readonly owner: Owner;
  readonly roomConfig: RoomConfig;
  readonly config: Config;
  readonly journal: RoomLog;
  readonly agents: Agents;
  readonly portals: Portals;
  readonly usedTokens: UsedTokens;
  readonly metrics: ConferenceMetrics;
  readonly log: Logger;
}
