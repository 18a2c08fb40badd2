import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import {
  agentAdminContract,
  type AgentAdminContract,
  type Revocation,
} from '../../common/contract/management.ts';
import type { StoredRoom } from '../../common/contract/room-settings.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { StoredRoomRow } from '../store/store.ts';

/** Whether a change is in effect: at once, from the room's next start on, or soon (an agent has not answered yet). */
export type Applied = 'now' | 'at-next-start' | 'pending';

/** How long whoever changes something waits for an agent; ms. */
const answerMs = 1_000;
const retry = { baseMs: 200, maxMs: 5_000 };

type Push =
  | { method: 'room.configure'; params: { room: RoomId; stored: StoredRoom } }
  | { method: 'room.delete'; params: { room: RoomId } }
  | { method: 'tokens.revoke'; params: { revocations: Revocation[] } };

export interface PushesOptions {
  bus: Bus;
  membership: Membership;
  log: Logger;
}

/** Tells the conference agents what was changed; one that does not answer is told again until it does or is gone. */
export class Pushes {
  readonly #agents: Caller<AgentAdminContract>;
  readonly #membership: Membership;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  /** What agents are still to be told, by agent and subject: only the latest of a subject counts. */
  readonly #overdue = new Map<string, Push>();

  constructor({ bus, membership, log }: PushesOptions) {
    this.#agents = new Caller(bus, agentAdminContract);
    this.#membership = membership;
    this.#log = log;
  }

  async configure({ id, settings, version, service }: StoredRoomRow): Promise<Applied> {
    const params = { room: id, stored: { settings, version, service } };
    const answers = await this.#push({ method: 'room.configure', params }, `room ${id}`);
    return applied(answers);
  }

  async delete(room: RoomId): Promise<Applied> {
    return applied(await this.#push({ method: 'room.delete', params: { room } }, `room ${room}`));
  }

  /** @returns how many participants were dropped at once */
  async revoke(revocation: Revocation): Promise<number> {
    const params = { revocations: [revocation] };
    const answers = await this.#push({ method: 'tokens.revoke', params }, `revocation ${revocation.id}`);
    return answers.reduce((sum, answer) => sum + (answer?.dropped ?? 0), 0);
  }

  /** How many agents are still to be told something. */
  get overdue(): number {
    return this.#overdue.size;
  }

  close(): void {
    this.#closing.abort();
  }

  async #push(push: Push, subject: string): Promise<(Answer | undefined)[]> {
    const agents = this.#membership.members('conference');
    return await Promise.all(agents.map(({ id }) => this.#tell(id, push, subject)));
  }

  /** @returns undefined when the agent has not answered in time: it will be told again */
  async #tell(agent: MemberId, push: Push, subject: string): Promise<Answer | undefined> {
    const key = `${agent} ${subject}`;
    const waiting = this.#overdue.has(key);
    // Whatever was to be said about this before is overtaken.
    if (waiting) this.#overdue.set(key, push);
    try {
      const answer = await this.#call(agent, push);
      if (this.#overdue.get(key) === push) this.#overdue.delete(key);
      return answer;
    } catch (error) {
      if (!this.#worthRepeating(agent, error)) return {};
      if (!waiting) {
        this.#overdue.set(key, push);
        void this.#repeat(agent, key);
      }
      return undefined;
    }
  }

  async #repeat(agent: MemberId, key: string): Promise<void> {
    for (let attempt = 0; !this.#closing.signal.aborted; attempt++) {
      await pause(backoff(attempt, retry) + retry.baseMs, this.#closing.signal);
      const push = this.#overdue.get(key);
      if (push === undefined || this.#closing.signal.aborted) return;
      try {
        await this.#call(agent, push);
      } catch (error) {
        if (this.#worthRepeating(agent, error)) continue;
      }
      // A newer one may have come meanwhile; that one is still to be told.
      if (this.#overdue.get(key) !== push) continue;
      this.#overdue.delete(key);
      return;
    }
  }

  #worthRepeating(agent: MemberId, error: unknown): boolean {
    const known = this.#membership.get(agent) !== undefined;
    const passing = error instanceof PorticoError && error.retryable;
    if (known) this.#log.warn({ err: error, peer: agent, again: passing }, 'an agent did not take a change');
    return known && passing;
  }

  async #call(agent: MemberId, { method, params }: Push): Promise<Answer> {
    return await this.#agents.call(memberAddress(agent), method, params, { timeoutMs: answerMs });
  }
}

interface Answer {
  hosted?: boolean;
  dropped?: number;
}

function applied(answers: readonly (Answer | undefined)[]): Applied {
  if (answers.some((answer) => answer?.hosted === true)) return 'now';
  return answers.includes(undefined) ? 'pending' : 'at-next-start';
}
