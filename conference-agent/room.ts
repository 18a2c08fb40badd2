import type { Bus } from '../common/bus/bus.ts';
import type { Departure, Member, Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import type { Config, RoomConfig } from '../common/config/schema.ts';
import type { Inventory, Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { within } from '../common/lifecycle/wait.ts';
import type { Logger } from '../common/observe/log.ts';
import { Absence } from './absence.ts';
import { Admission } from './admission.ts';
import { AgentReports } from './agent-reports.ts';
import { Agents } from './agents.ts';
import type { Census } from './census.ts';
import type { ConferenceMetrics } from './metrics.ts';
import { Missed } from './missed.ts';
import { Portals } from './portals.ts';
import { Publishing } from './publishing.ts';
import { Restoring } from './restoring.ts';
import { Returning } from './returning.ts';
import type { RoomCore } from './room-core.ts';
import { RoomLog } from './room-log.ts';
import { RoomState } from './room-state.ts';
import { Seating } from './seating.ts';
import { Speaking } from './speaking.ts';
import { Subscribing } from './subscribing.ts';
import { Texts } from './texts.ts';
import type { UsedTokens } from './used-tokens.ts';

/** How much longer than a place the log is kept, ms: who comes back at the last moment still has to be told. */
const logGraceMs = 10_000;

export interface RoomOptions {
  id: RoomId;
  owner: Owner;
  /** Newest log number that any portal has seen. */
  seq: number;
  roomConfig: RoomConfig;
  config: Config;
  bus: Bus;
  membership: Membership;
  prober: Prober;
  census: Census;
  usedTokens: UsedTokens;
  metrics: ConferenceMetrics;
  log: Logger;
  /** The last participant has left. */
  onEmpty: () => void;
  /** Something else that kept the room open is done: see `empty`. */
  onIdle: () => void;
  /** Somebody else owns the room. */
  onStale: () => void;
}

/** A room while this process owns it: its state, and the parts that change it. */
export class Room {
  readonly id: RoomId;
  readonly owner: Owner;
  readonly state: RoomState;
  readonly admission: Admission;
  readonly returning: Returning;
  readonly missed: Missed;
  readonly seating: Seating;
  readonly publishing: Publishing;
  readonly subscribing: Subscribing;
  readonly texts: Texts;
  readonly speaking: Speaking;
  readonly reports: AgentReports;
  readonly #core: RoomCore;
  readonly #census: Census;
  readonly #restoring: Restoring;
  readonly #absence: Absence;
  readonly #stopListening: () => void;
  readonly #running = new Set<Promise<unknown>>();
  #draining = false;
  #stopped = false;

  constructor(options: RoomOptions) {
    const { id, owner, bus, onEmpty, onIdle } = options;
    this.id = id;
    this.owner = owner;
    this.state = new RoomState(id);
    this.#census = options.census;
    const core = this.#makeCore(options);
    this.#core = core;
    const seating = new Seating(core, onIdle);
    const subscribing = new Subscribing(core, seating);
    const publishing = new Publishing(core, {
      seating,
      onSourceLost: (stream, reason) => {
        subscribing.sourceLost(stream, reason);
      },
      displace: (stream) => this.#restoring.displace(stream),
    });
    const speaking = new Speaking(core);
    const texts = new Texts(core);
    const absence = new Absence(
      core,
      (participant) => void this.admission.expel(participant, 'reconnect_timeout'),
    );
    const onLeft = (participant: ParticipantId) => {
      texts.forget(participant);
      speaking.refresh();
    };
    const restoring = new Restoring(core, { seating, publishing, subscribing, absence, onIdle });
    const missed = new Missed(core);
    this.admission = new Admission(core, { seating, publishing, subscribing, bus, absence, onEmpty, onLeft });
    this.returning = new Returning(core, {
      bus,
      absence,
      missed,
      seating,
      publishing,
      subscribing,
      onRestored: () => {
        restoring.claim();
      },
    });
    this.reports = new AgentReports(core, { seating, publishing, subscribing, speaking, restoring });
    this.texts = texts;
    this.missed = missed;
    this.#absence = absence;
    this.seating = seating;
    this.publishing = publishing;
    this.subscribing = subscribing;
    this.speaking = speaking;
    this.#restoring = restoring;
    this.#stopListening = this.#listen(options);
  }

  /** Somebody else may own the room by now: nothing is answered any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The room is about to be handed over: what runs is finished, nothing new is begun. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Whether nothing would be missed if the room were closed. */
  get empty(): boolean {
    const { state, admission, seating } = this;
    return state.participants.size === 0 && !admission.busy && !this.#restoring.waiting && !seating.busy;
  }

  /** Waits for what a member knows, when the room has not heard of something it speaks about. */
  async hear(member: MemberId): Promise<void> {
    await this.#census.hear(member);
  }

  /** Waits for a member that has been asked what it knows. */
  async heard(member: MemberId): Promise<void> {
    await this.#census.heard(member);
  }

  /** Number of the newest entry of the log. */
  get seq(): number {
    return this.#core.journal.seq;
  }

  /** Adds what a member knows of the room; returns whether it held anything of it. */
  merge(inventory: Inventory): boolean {
    if (this.#stopped) return false;
    const { log = [] } = inventory;
    this.missed.inherit(log);
    this.texts.inherit(log);
    const found = this.#restoring.merge(inventory);
    for (const portal of this.state.portalsOf()) this.#core.portals.watch(portal);
    return found;
  }

  /** Tells all participants what the room is now: after a takeover something may have been missed. */
  resynchronise(): void {
    this.#core.journal.tellAll({ name: 'room', data: this.state.toSnapshot() });
  }

  /** Notes a request while it is being answered. */
  async during<T>(answer: Promise<T>): Promise<T> {
    this.#running.add(answer);
    try {
      return await answer;
    } finally {
      this.#running.delete(answer);
    }
  }

  /** Finishes what runs, for at most `ms`, so that whoever owns the room next finds no half-made things. */
  async drain(ms: number): Promise<void> {
    this.#draining = true;
    const finished = Promise.allSettled(this.#running).then(() => this.#core.journal.handedOver());
    await within(finished, ms, () => new PorticoError('timeout', 'requests are still running')).catch(
      (error: unknown) => {
        this.#core.log.warn({ room: this.id, reason: PorticoError.from(error).message }, 'room not drained');
      },
    );
  }

  /** Lets go without telling anybody: media and participants stay as they are. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { metrics, journal, agents, portals } = this.#core;
    this.#stopListening();
    this.#census.stop();
    agents.stop();
    portals.stop();
    this.seating.stop();
    this.publishing.stop();
    this.#restoring.stop();
    this.#absence.stop();
    journal.close();
    metrics.participants.dec(this.state.participants.size);
    metrics.streams.dec(this.state.streams.size);
    metrics.subscriptions.dec(this.state.subscriptions.size);
    // What still runs finds nothing that it could change or count again.
    this.state.clear();
  }

  #makeCore(options: RoomOptions): RoomCore {
    const { owner, roomConfig, config, usedTokens, metrics, log } = options;
    const journal = this.#makeJournal(options);
    const agents = this.#makeAgents(options);
    const portals = this.#makePortals(options);
    const { state } = this;
    return { state, owner, roomConfig, config, journal, agents, portals, usedTokens, metrics, log };
  }

  #makeJournal({ id, owner, bus, log, seq, prober, config }: RoomOptions): RoomLog {
    const { window_ms, log_entries, log_bytes } = config.reconnection;
    return new RoomLog({
      keep: { entries: log_entries, bytes: log_bytes, ageMs: window_ms + logGraceMs },
      room: id,
      owner,
      bus,
      log,
      seq,
      portalsOf: (participants) => this.state.portalsOf(participants),
      onUnserved: (portal) => {
        prober.check(memberAddress(portal));
      },
    });
  }

  #makeAgents({ id, owner, bus, membership, prober, config, onStale }: RoomOptions): Agents {
    const { placement } = config.rooms;
    const onLost = (agent: MemberId) => {
      this.reports.agentLost(agent);
    };
    return new Agents({ room: id, owner, bus, membership, prober, placement, onStale, onLost });
  }

  #makePortals({ membership, prober, config }: RoomOptions): Portals {
    const { heartbeat_ms, missed_heartbeats } = config.cluster;
    return new Portals({
      membership,
      prober,
      graceMs: heartbeat_ms * missed_heartbeats,
      onLost: (portal) => {
        this.#portalLost(portal);
      },
    });
  }

  #listen({ membership, prober }: RoomOptions): () => void {
    const { agents, portals } = this.#core;
    const onLeft = ({ id, role }: Member, why: Departure) => {
      // Somebody found its address unserved; that may be a connection that is back in a moment.
      if (why === 'gone') prober.check(memberAddress(id));
      else if (role === 'access') agents.lost(id);
      else if (role === 'portal') portals.lost(id);
    };
    membership.on('left', onLeft);
    return () => membership.off('left', onLeft);
  }

  #portalLost(portal: MemberId): void {
    this.#core.log.warn({ room: this.id, portal }, 'portal lost');
    this.#core.journal.forget(portal);
    this.#restoring.portalLost(portal);
    this.admission.portalLost(portal).catch((error: unknown) => {
      this.#core.log.error(
        { room: this.id, portal, err: error },
        'participants of a lost portal not seen to',
      );
    });
  }
}
