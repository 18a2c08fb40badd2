import type { RoomContract } from '../common/contract/conference.ts';
import type { MemberId } from '../common/contract/ids.ts';
import type { Input } from '../common/contract/rpc.ts';
import type { Participant } from './participant.ts';
import type { Publishing } from './publishing.ts';
import type { Restoring } from './restoring.ts';
import type { RoomCore } from './room-core.ts';
import type { Seating } from './seating.ts';
import type { Speaking } from './speaking.ts';
import type { Subscribing } from './subscribing.ts';

type TrackAdded = Input<RoomContract, 'trackAdded'>;
type SessionsEnded = Input<RoomContract, 'sessionsEnded'>;

export interface AgentReportsParts {
  seating: Seating;
  publishing: Publishing;
  subscribing: Subscribing;
  speaking: Speaking;
  restoring: Restoring;
}

/** What access agents tell of themselves, and what their loss says. */
export class AgentReports {
  readonly #core: RoomCore;
  readonly #parts: AgentReportsParts;

  constructor(core: RoomCore, parts: AgentReportsParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** A granted track is being sent. */
  trackAdded(report: TrackAdded): void {
    const { restoring, publishing } = this.#parts;
    if (restoring.trackAdded(report)) return;
    const { agent, publication, participant, track } = report;
    publishing.trackAdded(agent, publication, participant, track);
  }

  /** An agent lost transports or sessions (or is gone itself): tells those concerned so that they come back. */
  sessionsEnded(report: SessionsEnded): void {
    const { state } = this.#core;
    const { publishing, subscribing, restoring, speaking } = this.#parts;
    const { agent, reason } = report;
    restoring.ended(agent, report);
    const unseated = report.seats
      .flatMap((id) => state.participants.get(id) ?? [])
      .filter((who) => who.agent === agent);
    // Whoever lost its transports hears that first and alone: what it received is covered by it.
    for (const participant of unseated) this.#unseat(participant, reason);
    const lost = new Set(report.publications);
    for (const { id } of unseated) for (const stream of state.streamsOf(id)) lost.add(stream.id);
    for (const id of lost) {
      const stream = state.streams.get(id);
      if (stream?.agent === agent) publishing.lose(stream, reason);
    }
    for (const id of report.subscriptions) {
      const subscription = state.subscriptions.get(id);
      if (subscription?.agent === agent) subscribing.end(subscription, reason, true);
    }
    speaking.refresh();
  }

  #unseat(participant: Participant, reason: SessionsEnded['reason']): void {
    const { state, journal } = this.#core;
    const { id } = participant;
    participant.agent = undefined;
    for (const subscription of state.subscriptionsOf(id)) this.#parts.subscribing.forget(subscription);
    const data = { id, sessionId: id, status: 'error' as const, data: { reason, transports: true } };
    journal.tell([id], { name: 'progress', data });
  }

  /** An agent is gone with everything on it. */
  agentLost(agent: MemberId): void {
    const { state, log } = this.#core;
    const { restoring, seating, speaking } = this.#parts;
    const seated = [...state.participants.values()].filter((who) => who.agent === agent);
    const seats = seated.map(({ id }) => id);
    const streams = [...state.streams.values()].filter((stream) => stream.agent === agent);
    const publications = streams.map(({ id }) => id);
    log.warn({ room: state.id, agent, seats: seats.length }, 'access agent lost');
    restoring.agentLost(agent);
    this.sessionsEnded({ agent, seats, publications, subscriptions: [], reason: 'agent_lost' });
    seating.abandon(agent, seats);
    speaking.agentLost(agent);
  }
}
