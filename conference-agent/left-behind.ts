import type { MemberId, ParticipantId } from '../common/contract/ids.ts';
import type { RoomCore } from './room-core.ts';

/** How long an agent that was lost may take to come back, ms; a process that died never does. */
const keepMs = 60_000;
const sweepMs = 1_000;

/**
 * Seats that could not be closed, because their agent was out of reach. Nobody uses them any more; should the agent
 * return, they are closed, so that no media flows that the room does not know of.
 */
export class LeftBehind {
  readonly #core: RoomCore;
  readonly #close: (agent: MemberId, participant: ParticipantId) => Promise<boolean>;
  readonly #onSwept: () => void;
  readonly #seats = new Map<MemberId, Map<ParticipantId, number>>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param parts `close` tells whether a seat is closed now */
  constructor(
    core: RoomCore,
    parts: {
      close: (agent: MemberId, participant: ParticipantId) => Promise<boolean>;
      onSwept: () => void;
    },
  ) {
    this.#core = core;
    this.#close = parts.close;
    this.#onSwept = parts.onSwept;
  }

  /** Whether there are seats to close at an agent that is there. */
  get pending(): boolean {
    return [...this.#seats.keys()].some((agent) => this.#core.agents.knows(agent));
  }

  add(agent: MemberId, participant: ParticipantId): void {
    if (this.#stopped) return;
    const seats = this.#seats.get(agent) ?? new Map<ParticipantId, number>();
    this.#seats.set(agent, seats);
    if (!seats.has(participant)) seats.set(participant, performance.now() + keepMs);
    this.#timer ??= setTimeout(() => void this.#sweep(), sweepMs);
  }

  /** Whether there was one; whoever takes it sees to its closing. */
  take(agent: MemberId, participant: ParticipantId): boolean {
    const seats = this.#seats.get(agent);
    const found = seats?.delete(participant) ?? false;
    if (seats?.size === 0) this.#seats.delete(agent);
    return found;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#seats.clear();
  }

  async #sweep(): Promise<void> {
    const now = performance.now();
    const closings: Promise<void>[] = [];
    for (const [agent, seats] of this.#seats) {
      for (const [participant, until] of seats) {
        if (until < now) this.take(agent, participant);
        else if (this.#core.agents.knows(agent)) closings.push(this.#closeNow(agent, participant));
      }
    }
    await Promise.all(closings);
    this.#timer = undefined;
    if (this.#stopped) return;
    if (this.#seats.size > 0) this.#timer = setTimeout(() => void this.#sweep(), sweepMs);
    this.#onSwept();
  }

  /** In the order of the participant's other requests: it may be about to sit down there again. */
  async #closeNow(agent: MemberId, participant: ParticipantId): Promise<void> {
    const present = this.#core.state.participants.get(participant);
    const close = async () => {
      if (present?.agent === agent || (await this.#close(agent, participant))) this.take(agent, participant);
    };
    await (present === undefined ? close() : present.queue.run(close));
  }
}
