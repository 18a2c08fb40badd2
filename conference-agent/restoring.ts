import type { Inventory } from '../common/contract/cluster.ts';
import type { RoomContract } from '../common/contract/conference.ts';
import type { MemberId, ParticipantId, StreamId, SubscriptionId } from '../common/contract/ids.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { Input } from '../common/contract/rpc.ts';
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
  /** Nothing waits any more. */
  onIdle: () => void;
}

/** What an agent holds of participants that no portal has named yet. */
interface Unclaimed {
  /** Participant to the portal that its seat was opened for; undefined when only its sessions were listed. */
  seats: Map<ParticipantId, MemberId | undefined>;
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
    for (const [agent, facts] of this.#unclaimed) this.#claim(agent, facts);
    this.#closeOrphansLater();
    return true;
  }

  #keep({ member, seats, publications, subscriptions }: Inventory): void {
    const facts = this.#unclaimed.get(member) ?? nothing();
    for (const { participant } of [...publications, ...subscriptions]) {
      if (!facts.seats.has(participant)) facts.seats.set(participant, undefined);
    }
    for (const { participant, portal } of seats) facts.seats.set(participant, portal);
    facts.publications.push(...publications);
    facts.subscriptions.push(...subscriptions);
    if (facts.seats.size > 0) this.#unclaimed.set(member, facts);
  }

  #name(record: Inventory['participants'][number], portal: MemberId): void {
    const { state, agents, metrics } = this.#core;
    const named = this.#named.get(record.id) ?? { by: new Set(), seatedFor: undefined };
    this.#named.set(record.id, named);
    named.by.add(portal);
    const known = state.participants.get(record.id);
    if (known !== undefined) {
      this.#choosePortal(known, named);
      return;
    }
    const participant = new Participant(record, portal);
    state.participants.set(record.id, participant);
    metrics.participants.inc();
    if (record.agent !== undefined) agents.watch(record.agent);
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
    for (const [id, portal] of facts.seats) {
      const participant = state.participants.get(id);
      if (participant === undefined || (participant.agent ?? agent) !== agent) continue;
      participant.agent = agent;
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
    const { state } = this.#core;
    for (const subscription of state.subscriptions.values()) {
      // Its source went away while nobody owned the room.
      if (subscription.grant.tracks.every((track) => state.isCurrent(track))) continue;
      this.#parts.subscribing.end(subscription, 'source_ended', true);
    }
    const orphans = [...this.#unclaimed].flatMap(([agent, { seats }]) =>
      [...seats.keys()].map((participant) => this.#closeOrphan(agent, participant)),
    );
    this.#unclaimed.clear();
    this.#named.clear();
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
