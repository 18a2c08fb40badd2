import type { NotificationPayload } from '../common/contract/client.ts';
import type { MemberId, ParticipantId, RouterId } from '../common/contract/ids.ts';
import type { RoomCore } from './room-core.ts';

interface Report {
  agent: MemberId;
  router: RouterId;
  participants: { id: ParticipantId; volume: number }[];
  dominant: ParticipantId | null;
}

/** Who speaks: each router reports its own participants, the room tells everybody the sum when it changes. */
export class Speaking {
  readonly #core: RoomCore;
  readonly #reports = new Map<string, Report>();
  #told: NotificationPayload<'speaking'> = { participants: [], dominant: null };

  readonly #onHeard: (speakers: readonly ParticipantId[]) => void;

  /** @param onHeard who speaks, the dominant one first, then loudest first */
  constructor(core: RoomCore, onHeard: (speakers: readonly ParticipantId[]) => void = () => undefined) {
    this.#core = core;
    this.#onHeard = onHeard;
  }

  report(report: Report): void {
    const key = `${report.agent}/${report.router}`;
    if (report.participants.length === 0) this.#reports.delete(key);
    else this.#reports.set(key, report);
    this.refresh();
  }

  /** Nobody on this agent can be heard any more. */
  agentLost(agent: MemberId): void {
    for (const [key, report] of this.#reports) if (report.agent === agent) this.#reports.delete(key);
    this.refresh();
  }

  /** Tells who speaks when that has changed: a report came, or somebody left. */
  refresh(): void {
    const reports = [...this.#reports.values()];
    const speaking = reports.flatMap((report) => this.#heard(report));
    const loudestFirst = speaking.toSorted((a, b) => b.volume - a.volume || (a.id < b.id ? -1 : 1));
    const candidates = new Set(reports.map((report) => report.dominant));
    const dominant = loudestFirst.find(({ id }) => candidates.has(id))?.id ?? loudestFirst[0]?.id ?? null;
    const participants = [...new Set(loudestFirst.map(({ id }) => id))];
    this.#onHeard(dominant === null ? [] : [dominant, ...participants]);
    const same = dominant === this.#told.dominant && isSameSet(participants, this.#told.participants);
    if (same) return;
    this.#told = { participants, dominant };
    this.#core.journal.tellAll({ name: 'speaking', data: this.#told });
  }

  /** Somebody came or came back: who is speaking already. */
  tell(participant: ParticipantId): void {
    if (this.#told.participants.length === 0) return;
    this.#core.journal.tell([participant], { name: 'speaking', data: this.#told });
  }

  /** Those who are in the room and, as far as the room knows, on the agent that heard them. */
  #heard({ agent, participants }: Report): Report['participants'] {
    return participants.filter(({ id }) => this.#core.state.participants.get(id)?.agent === agent);
  }
}

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));
