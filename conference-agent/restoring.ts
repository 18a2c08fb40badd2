import type { Inventory, ParticipantRecord } from '../common/contract/cluster.ts';
import type { RoomContract } from '../common/contract/conference.ts';
import type { MemberId, ParticipantId, StreamId, SubscriptionId } from '../common/contract/ids.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { Input } from '../common/contract/rpc.ts';
import type { Absence } from './absence.ts';
import { Participant } from './participant.ts';
import type { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Seating } from './seating.ts';
import { Stream } from './stream.ts';
import type { Subscribing } from './subscribing.ts';

export interface RestoringParts {
  seating: Seating;
  publishing: Publishing;
  subscribing: Subscribing;
  absence: Absence;
  /** Nothing waits any more. */
  onIdle: () => void;
}

/** A seat as its agent knows it; empty when only its sessions were listed. */
interface SeatFacts {
  /** The portal that it was opened for. */
  portal?: MemberId | undefined;
  record?: ParticipantRecord | undefined;
}

/** What an agent holds of participants that no portal has named yet. */
interface Unclaimed {
  seats: Map<ParticipantId, SeatFacts>;
  publications: Inventory['publications'];
  subscriptions: Inventory['subscriptions'];
}

/** Which portals have named a participant, and for which of them its agent opened the seat. */
interface Named {
  by: Set<MemberId>;
  seatedFor: MemberId | undefined;
}

type TrackReport = Input<RoomContract, 'trackAdded'>;

/** Sessions that an agent has ended. */
export interface Ended {
  seats: readonly ParticipantId[];
  publications: readonly StreamId[];
  subscriptions: readonly SubscriptionId[];
}

/**
 * Puts a room together from what the members know of it. The order in which inventories arrive does not matter: media of
 * a participant nobody has named yet waits; what is still unclaimed after a while is closed. Each fact is used once:
 * what happens to it afterwards is the room's business.
 */
export class Restoring {
  readonly #core: RoomCore;
  readonly #parts: RestoringParts;
  readonly #unclaimed = new Map<MemberId, Unclaimed>();
  readonly #named = new Map<ParticipantId, Named>();
  #orphanTimer: NodeJS.Timeout | undefined;

  constructor(core: RoomCore, parts: RestoringParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Whether media waits for a participant to be named. */
  get waiting(): boolean {
    return this.#unclaimed.size > 0;
  }

  /** Adds what one member knows. Returns whether anything of the room was there. */
  merge(inventory: Inventory): boolean {
    const { member, participants, seats, publications, subscriptions } = inventory;
    for (const token of inventory.usedTokens) this.#core.usedTokens.add(token);
    if (participants.length + seats.length + publications.length + subscriptions.length === 0) return false;
    this.#keep(inventory);
    for (const record of participants) this.#name(record, member);
    this.#nameStranded();
    this.claim();
    this.#closeOrphansLater();
    return true;
  }

  /** Somebody has been named: what belongs to it is taken over. */
  claim(): void {
    for (const [agent, facts] of this.#unclaimed) this.#claim(agent, facts);
    if (!this.waiting) this.#core.events.release();
  }

  /** A portal is gone: those for whom it spoke may come back on another one. */
  portalLost(portal: MemberId): void {
    for (const { seats } of this.#unclaimed.values()) {
      for (const facts of seats.values()) if (facts.portal === portal) this.#nameOf(facts);
    }
    this.claim();
  }

  #keep({ member, seats, publications, subscriptions }: Inventory): void {
    const facts = this.#unclaimed.get(member) ?? nothing();
    for (const { participant } of [...publications, ...subscriptions]) {
      if (!facts.seats.has(participant)) facts.seats.set(participant, {});
    }
    for (const { participant, ...seat } of seats) {
      facts.seats.set(participant, seat);
      this.#core.portals.watch(seat.portal);
    }
    facts.publications.push(...publications);
    facts.subscriptions.push(...subscriptions);
    if (facts.seats.size > 0) this.#unclaimed.set(member, facts);
  }

  #name(record: Inventory['participants'][number], portal: MemberId): void {
    const { state, agents, metrics, events } = this.#core;
    const named = this.#named.get(record.id) ?? { by: new Set(), seatedFor: undefined };
    this.#named.set(record.id, named);
    named.by.add(portal);
    const known = state.participants.get(record.id);
    if (known !== undefined) {
      known.learn(record);
      this.#choosePortal(known, named);
      this.#adopt(known, record, portal);
      return;
    }
    const participant = new Participant(record, portal);
    state.participants.set(record.id, participant);
    metrics.participants.inc();
    events.restored(participant);
    if (record.agent !== undefined) agents.watch(record.agent);
    this.#parts.absence.resume(participant);
  }

  /** Its portal was thought dead, but only its connection to the bus had been broken. */
  #adopt(participant: Participant, { lost }: ParticipantRecord, portal: MemberId): void {
    if (!participant.stranded || participant.portal !== portal) return;
    participant.stranded = false;
    if (lost === undefined) this.#parts.absence.end(participant);
  }

  /** Participants whose portal died together with the owner: their agents remember who they are. */
  #nameStranded(): void {
    for (const { seats } of this.#unclaimed.values()) {
      for (const facts of seats.values()) {
        if (facts.portal !== undefined && !this.#core.portals.knows(facts.portal)) this.#nameOf(facts);
      }
    }
  }

  #nameOf({ portal, record }: SeatFacts): void {
    const { state, metrics, usedTokens, events, log, config } = this.#core;
    if (record === undefined || portal === undefined || config.reconnection.window_ms === 0) return;
    if (state.participants.has(record.id) || usedTokens.get(record.token)?.ended !== undefined) return;
    const participant = new Participant(record, portal);
    participant.stranded = true;
    state.participants.set(record.id, participant);
    metrics.participants.inc();
    events.restored(participant);
    this.#parts.absence.begin(participant);
    log.info({ room: state.id, participant: record.id, portal }, 'participant without portal restored');
  }

  /**
   * Two portals may name a participant that repeated its login. Its agent was told last which one speaks for it; without a
   * seat any rule will do that does not depend on who answers first.
   */
  #choosePortal(participant: Participant, { by, seatedFor }: Named): void {
    // It has come back by yet another portal since then.
    if (!by.has(participant.portal)) return;
    const [first] = [...by].sort();
    const chosen = seatedFor !== undefined && by.has(seatedFor) ? seatedFor : first;
    if (chosen !== undefined) participant.portal = chosen;
  }

  /** Takes over what belongs to participants that are known by now, and sit where the room thinks they do. */
  #claim(agent: MemberId, facts: Unclaimed): void {
    const { state } = this.#core;
    const claimed = new Set<ParticipantId>();
    for (const [id, { portal, record }] of facts.seats) {
      const participant = state.participants.get(id);
      if (participant === undefined || (participant.agent ?? agent) !== agent) continue;
      participant.agent = agent;
      if (record !== undefined) participant.learn(record);
      this.#core.agents.watch(agent);
      const named = this.#named.get(id);
      if (named !== undefined) {
        named.seatedFor = portal ?? named.seatedFor;
        this.#choosePortal(participant, named);
      }
      claimed.add(id);
      facts.seats.delete(id);
    }
    if (claimed.size > 0) this.#claimSessions(agent, facts, claimed);
    if (facts.seats.size === 0) this.#unclaimed.delete(agent);
  }

  #claimSessions(agent: MemberId, facts: Unclaimed, claimed: ReadonlySet<ParticipantId>): void {
    const { state } = this.#core;
    for (const publication of takeOf(facts.publications, claimed)) {
      if (state.streams.has(publication.id)) continue;
      const stream = new Stream(publication, agent);
      if (stream.complete) {
        stream.state = 'active';
        stream.announced = true;
        this.#core.events.streamRestored(stream);
      }
      this.#parts.publishing.insert(stream);
    }
    for (const grant of takeOf(facts.subscriptions, claimed)) {
      if (!state.subscriptions.has(grant.id)) this.#parts.subscribing.insert({ grant, agent });
    }
  }

  /** A track of a publication that waits here. Returns whether it does. */
  trackAdded({ agent, publication, participant, track }: TrackReport): boolean {
    // Somebody who left and came back may use the same id again.
    const waiting = this.#unclaimed.get(agent)?.publications.find((candidate) => {
      return candidate.id === publication && candidate.participant === participant;
    });
    const known = waiting?.tracks.find(({ id }) => id === track.id);
    if (known === undefined) return false;
    Object.assign(known, track);
    return true;
  }

  /** Somebody who is here uses the id of a publication that nobody has claimed: it gives way. */
  async displace(id: StreamId): Promise<void> {
    for (const [agent, facts] of this.#unclaimed) {
      const left = facts.publications.filter((publication) => publication.id !== id);
      if (left.length === facts.publications.length) continue;
      facts.publications = left;
      const { agents, log, state } = this.#core;
      await agents.call(agent, 'publication.close', { id, reason: 'orphaned' }).catch((error: unknown) => {
        log.warn(
          { room: state.id, stream: id, agent, code: PorticoError.from(error).code },
          'orphan not closed',
        );
      });
    }
  }

  /** Nobody is expected any more: what waits is closed now. */
  async abandon(): Promise<void> {
    clearTimeout(this.#orphanTimer);
    if (this.waiting) await this.#closeOrphans();
  }

  /** An agent has ended sessions, perhaps some that wait here. */
  ended(agent: MemberId, { seats, publications, subscriptions }: Ended): void {
    const facts = this.#unclaimed.get(agent);
    if (facts === undefined) return;
    for (const id of seats) facts.seats.delete(id);
    const ended = new Set<string>([...publications, ...subscriptions]);
    facts.publications = facts.publications.filter(({ id, participant }) => {
      return !ended.has(id) && facts.seats.has(participant);
    });
    facts.subscriptions = facts.subscriptions.filter(({ id, participant }) => {
      return !ended.has(id) && facts.seats.has(participant);
    });
    if (facts.seats.size === 0) this.#unclaimed.delete(agent);
  }

  agentLost(agent: MemberId): void {
    this.#unclaimed.delete(agent);
  }

  stop(): void {
    clearTimeout(this.#orphanTimer);
    this.#unclaimed.clear();
  }

  /** Whatever is found gets the full time from then on. */
  #closeOrphansLater(): void {
    clearTimeout(this.#orphanTimer);
    this.#orphanTimer = setTimeout(() => void this.#closeOrphans(), this.#core.config.cluster.orphan_ms);
  }

  async #closeOrphans(): Promise<void> {
    this.#parts.subscribing.endStale();
    this.#nameStranded();
    this.claim();
    const orphans = [...this.#unclaimed].flatMap(([agent, { seats }]) =>
      [...seats.keys()].map((participant) => this.#closeOrphan(agent, participant)),
    );
    this.#unclaimed.clear();
    this.#named.clear();
    this.#core.events.release();
    await Promise.all(orphans);
    this.#parts.onIdle();
  }

  async #closeOrphan(agent: MemberId, participant: ParticipantId): Promise<void> {
    const { state, log } = this.#core;
    const here = [...state.arriving, ...state.participants.values()].find(({ id }) => id === participant);
    // It sat down there by itself meanwhile.
    if (here?.agent === agent) return;
    log.warn({ room: state.id, participant, agent }, 'orphaned media closed');
    await this.#parts.seating.closeAt(agent, participant, 'orphaned');
  }
}

const nothing = (): Unclaimed => ({ seats: new Map(), publications: [], subscriptions: [] });

/** Removes and returns the sessions of some participants. */
function takeOf<T extends { participant: ParticipantId }>(
  sessions: T[],
  of: ReadonlySet<ParticipantId>,
): T[] {
  const taken = sessions.filter(({ participant }) => of.has(participant));
  const rest = sessions.filter(({ participant }) => !of.has(participant));
  sessions.splice(0, sessions.length, ...rest);
  return taken;
}
