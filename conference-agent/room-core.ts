import type { Bus } from '../common/bus/bus.ts';
import type { Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import type { Config } from '../common/config/schema.ts';
import { accessContract, type AccessContract } from '../common/contract/access.ts';
import type { Owner } from '../common/contract/cluster.ts';
import type { PorticoError } from '../common/contract/errors.ts';
import { memberAddress, type MemberId, type RoomId } from '../common/contract/ids.ts';
import { mixerContract, type MixerContract } from '../common/contract/mixing.ts';
import type { Logger } from '../common/observe/log.ts';
import { Agents } from './agents.ts';
import type { Revocations } from './management/revocations.ts';
import type { RoomEvents } from './management/room-events.ts';
import type { RoomRules } from './management/room-rules.ts';
import type { ConferenceMetrics } from './metrics.ts';
import { Portals } from './portals.ts';
import { RoomLog } from './room-log.ts';
import type { RoomState } from './room-state.ts';
import type { UsedTokens } from './used-tokens.ts';

/** What the parts of a room share. */
export interface RoomCore {
  readonly state: RoomState;
  readonly owner: Owner;
  /** Changes when management says so. */
  roomConfig: RoomRules;
  /** Set when the room is being closed for good: why nobody comes in any more. */
  refusal: PorticoError | undefined;
  readonly config: Config;
  readonly journal: RoomLog;
  readonly agents: Agents<AccessContract>;
  readonly mixers: Agents<MixerContract>;
  readonly portals: Portals;
  readonly usedTokens: UsedTokens;
  readonly revocations: Revocations;
  /** What management is told. */
  readonly events: RoomEvents;
  readonly metrics: ConferenceMetrics;
  readonly log: Logger;
}

/** How much longer than a place the log is kept, ms: who comes back at the last moment still has to be told. */
const logGraceMs = 10_000;

export interface CoreOptions {
  id: RoomId;
  owner: Owner;
  /** Newest log number that any portal has seen. */
  seq: number;
  roomConfig: RoomRules;
  config: Config;
  bus: Bus;
  membership: Membership;
  prober: Prober;
  usedTokens: UsedTokens;
  revocations: Revocations;
  events: RoomEvents;
  metrics: ConferenceMetrics;
  log: Logger;
  /** Somebody else owns the room. */
  onStale: () => void;
}

/** Who is told of the loss of other processes. */
interface Losses {
  onAgentLost: (agent: MemberId) => void;
  onMixerLost: (agent: MemberId) => void;
  onPortalLost: (portal: MemberId) => void;
}

/** Puts together what the parts of a room share. */
export function createCore(options: CoreOptions, state: RoomState, losses: Losses): RoomCore {
  const { owner, roomConfig, config, usedTokens, revocations, events, metrics, log } = options;
  const journal = createJournal(options, state);
  const common = { ...options, room: options.id };
  const agents = new Agents({
    ...common,
    role: 'access',
    contract: accessContract,
    onLost: losses.onAgentLost,
  });
  const mixers = new Agents({
    ...common,
    role: 'mixer',
    contract: mixerContract,
    onLost: losses.onMixerLost,
  });
  const { heartbeat_ms, missed_heartbeats } = config.cluster;
  const portals = new Portals({
    ...options,
    graceMs: heartbeat_ms * missed_heartbeats,
    onLost: losses.onPortalLost,
  });
  return {
    state,
    owner,
    roomConfig,
    refusal: undefined,
    config,
    journal,
    agents,
    mixers,
    portals,
    usedTokens,
    revocations,
    events,
    metrics,
    log,
  };
}

function createJournal({ id, owner, bus, log, seq, prober, config }: CoreOptions, state: RoomState): RoomLog {
  const { window_ms, log_entries, log_bytes } = config.reconnection;
  return new RoomLog({
    room: id,
    owner,
    bus,
    log,
    seq,
    keep: { entries: log_entries, bytes: log_bytes, ageMs: window_ms + logGraceMs },
    portalsOf: (participants) => state.portalsOf(participants),
    onUnserved: (portal) => {
      prober.check(memberAddress(portal));
    },
  });
}
