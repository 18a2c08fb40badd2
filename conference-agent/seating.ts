import type { Direction, MediaAccess } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId } from '../common/contract/ids.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import { LeftBehind } from './left-behind.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';
import { placeSeat } from './seat-placement.ts';

/** Errors that mean: this agent cannot serve, another one may. */
const elsewhere = new Set(['unavailable', 'worker_lost', 'closing', 'timeout', 'resource_exhausted']);
/** Agents asked for one seat at most. */
const attempts = 3;

export type Access = MediaAccess & { agent: MemberId };

/** Where participants have their transports. */
export class Seating {
  readonly #core: RoomCore;
  readonly #leftBehind: LeftBehind;

  /** @param onIdle nothing is left to be closed, or it cannot be at the moment */
  constructor(core: RoomCore, onIdle: () => void) {
    this.#core = core;
    this.#leftBehind = new LeftBehind(core, {
      close: (agent, participant) => this.closeAt(agent, participant, 'agent_lost'),
      onSwept: onIdle,
    });
  }

  /** Seats are still to be closed: whoever opens the room next would not know of them. */
  get busy(): boolean {
    return this.#leftBehind.pending;
  }

  /**
   * Gives a participant its seat (or finds the one it has) and creates the transports asked for.
   * An agent that cannot give a new seat is left for another one.
   * @throws PorticoError of the agent; `resource_exhausted` when no agent is there.
   */
  async open(participant: Participant, transports: Direction[]): Promise<Access> {
    const { agents, state, config, log } = this.#core;
    const { placement } = config.rooms;
    const refused = new Set<MemberId>();
    let failure = new PorticoError('resource_exhausted', 'no access agent is available');
    while (refused.size < attempts) {
      const seat = participant.agent;
      const agent = seat ?? placeSeat(agents.candidates(refused), state.seats(), placement);
      if (agent === undefined) break;
      try {
        return await this.#openAt(agent, participant, transports);
      } catch (error) {
        failure = PorticoError.from(error);
        // Media hangs on a seat: it moves only when its agent is gone, and then everybody concerned has been told.
        if (seat !== undefined && participant.agent === seat) throw failure;
        if (participant.agent === agent) participant.agent = undefined;
        if (failure.code !== 'resource_exhausted') this.#leftBehind.add(agent, participant.id);
        if (!elsewhere.has(failure.code)) throw failure;
        refused.add(agent);
        const { id } = participant;
        log.warn({ room: state.id, participant: id, agent, code: failure.code }, 'seat not opened');
      }
    }
    throw failure;
  }

  async #openAt(agent: MemberId, participant: Participant, transports: Direction[]): Promise<Access> {
    const { agents, roomConfig } = this.#core;
    const { formats } = roomConfig;
    const { id } = participant;
    // Noted before the call, so that the loss of the agent meanwhile reaches this participant, too.
    participant.agent = agent;
    agents.watch(agent);
    if (this.#leftBehind.take(agent, id)) await this.closeAt(agent, id, 'agent_lost');
    const access = await agents.call(agent, 'participant.open', {
      participant: id,
      portal: participant.portal,
      transports,
      record: participant.toRecord(),
      ...(formats === undefined ? {} : { formats: [...formats.audio, ...formats.video] }),
    });
    if (participant.agent !== agent) throw new PorticoError('unavailable', `agent ${agent} is gone`);
    return { ...access, agent };
  }

  /** Closes all that a participant has at its agent; an agent that is gone holds nothing. */
  async close(participant: Participant, reason: SessionEndReason): Promise<void> {
    const agent = participant.agent;
    if (agent === undefined) return;
    participant.agent = undefined;
    await this.closeAt(agent, participant.id, reason);
  }

  /** Whether it is closed now; never rejects: what could not be closed now is closed later. */
  async closeAt(agent: MemberId, participant: ParticipantId, reason: SessionEndReason): Promise<boolean> {
    try {
      await this.#core.agents.call(agent, 'participant.close', { participant, reason });
      return true;
    } catch (error) {
      const { code, message } = PorticoError.from(error);
      if (code !== 'unavailable') {
        const { state, log } = this.#core;
        log.warn({ room: state.id, participant, agent, code, reason: message }, 'seat not closed');
      }
      this.#leftBehind.add(agent, participant);
      return false;
    }
  }

  /** An agent counts as lost: should it only have been out of reach, it still holds these seats. */
  abandon(agent: MemberId, participants: readonly ParticipantId[]): void {
    for (const participant of participants) this.#leftBehind.add(agent, participant);
  }

  stop(): void {
    this.#leftBehind.stop();
  }
}
