import type { Bus } from '../bus/bus.ts';
import { Caller } from '../bus/contract.ts';
import { conferenceContract } from '../contract/conference.ts';
import { PorticoError } from '../contract/errors.ts';
import { memberAddress, type RoomId } from '../contract/ids.ts';
import type { Membership } from './membership.ts';
import { rendezvous } from './placement.ts';

const timeoutMs = 3_000;

/** Has rooms opened by a conference agent: the one that portals would ask, too. */
export class RoomOpener {
  readonly #agents: Caller<Pick<typeof conferenceContract, 'room.open'>>;
  readonly #membership: Membership;

  constructor({ bus, membership }: { bus: Bus; membership: Membership }) {
    this.#agents = new Caller(bus, { 'room.open': conferenceContract['room.open'] });
    this.#membership = membership;
  }

  /**
   * Somebody else having opened it is as good; when no agent can right now, that is for the next attempt.
   * @throws PorticoError `room_not_found` and the like when it cannot be opened; `resource_exhausted` without agents
   */
  async open(room: RoomId): Promise<void> {
    const agents = rendezvous(room, this.#membership.members('conference'));
    if (agents.length === 0) {
      throw new PorticoError('resource_exhausted', 'no conference agent is running', { retryAfterMs: 1_000 });
    }
    for (const { id } of agents) {
      try {
        await this.#agents.call(memberAddress(id), 'room.open', { room }, { timeoutMs });
        return;
      } catch (error) {
        if (!(error instanceof PorticoError) || !error.retryable) throw error;
        if (error.code === 'taken' || error.code === 'stale_owner') return;
      }
    }
  }
}
