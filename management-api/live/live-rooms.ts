import { randomUUID } from 'node:crypto';
import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { memberContract } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, roomAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import { roomAdminContract, type RoomAdminContract } from '../../common/contract/management.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { z } from 'zod';

/** A new owner is there within a second or two; whoever waits longer than this is told so. */
const deadlineMs = 4_000;
const retryMs = 100;
const inventoryMs = 1_000;

/** Between these a room has no owner for a moment, or the owner that answered has just lost it. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'connection_lost', 'stale_owner', 'closing']);

type Method = keyof RoomAdminContract;
type Params<M extends Method> = z.input<RoomAdminContract[M]['input']>;

export interface LiveRoomsOptions {
  bus: Bus;
  membership: Membership;
  /** For tests; ms. */
  deadlineMs?: number;
}

/** Rooms that run, asked at their owners. */
export class LiveRooms {
  readonly #rooms: Caller<RoomAdminContract>;
  readonly #members: Caller<typeof memberContract>;
  readonly #membership: Membership;
  readonly #deadlineMs: number;

  constructor({ bus, membership, deadlineMs: limit = deadlineMs }: LiveRoomsOptions) {
    this.#rooms = new Caller(bus, roomAdminContract);
    this.#members = new Caller(bus, memberContract);
    this.#membership = membership;
    this.#deadlineMs = limit;
  }

  /**
   * Asks the owner of a room.
   * @returns undefined: the room does not run
   * @throws PorticoError what the owner says; `unavailable` when participants are inside but no owner comes
   */
  async ask<M extends Method>(
    room: RoomId,
    method: M,
    params: Params<M>,
  ): Promise<Output<RoomAdminContract, M> | undefined> {
    const limit = performance.now() + this.#deadlineMs;
    const id = randomUUID();
    for (;;) {
      const timeoutMs = Math.max(1, Math.ceil(limit - performance.now()));
      try {
        return await this.#rooms.call(roomAddress(room), method, params, { timeoutMs, id });
      } catch (error) {
        if (!(error instanceof PorticoError) || !passing.has(error.code)) throw error;
        if (error.code === 'unavailable' && !(await this.#hasParticipants(room))) return undefined;
      }
      if (performance.now() + retryMs >= limit) {
        throw new PorticoError('unavailable', 'the room is changing its owner; try again', {
          retryAfterMs: 1_000,
        });
      }
      await pause(retryMs);
    }
  }

  /**
   * Changes what a view shows where.
   * @param field of the request, for errors; absent: its body is the change
   */
  async arrange(
    room: RoomId,
    { id, change }: Params<'admin.layout'>,
    field?: string,
  ): Promise<Output<RoomAdminContract, 'admin.layout'> | undefined> {
    try {
      return await this.ask(room, 'admin.layout', { id, change });
    } catch (error) {
      if (!(error instanceof PorticoError)) throw error;
      const { code, message, details } = error;
      // The owner names the part of its own message.
      const told = details.field?.replace(/^change\./, '');
      const named = field ?? told;
      throw new PorticoError(code, message, { ...details, ...(named === undefined ? {} : { field: named }) });
    }
  }

  /** Whether portals know of anybody inside; who does not answer might. */
  async #hasParticipants(room: RoomId): Promise<boolean> {
    const portals = this.#membership.members('portal');
    const found = await Promise.all(portals.map(({ id }) => this.#portalKnows(id, room)));
    return found.includes(true);
  }

  async #portalKnows(portal: MemberId, room: RoomId): Promise<boolean> {
    const options = { timeoutMs: inventoryMs };
    try {
      const inventory = await this.#members.call(memberAddress(portal), 'room.inventory', { room }, options);
      return inventory.participants.length > 0;
    } catch (error) {
      return !(error instanceof PorticoError && error.code === 'unavailable');
    }
  }
}
