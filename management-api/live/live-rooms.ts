import { randomUUID } from 'node:crypto';
import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { RoomOpener } from '../../common/cluster/room-opener.ts';
import { isSomething, memberContract, type Inventory, type Role } from '../../common/contract/cluster.ts';
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

export interface AskOptions {
  /** How long the answer may take, ms. */
  withinMs?: number;
}

/** Rooms that run, asked at their owners. */
export class LiveRooms {
  readonly #bus: Bus;
  readonly #opener: RoomOpener;
  readonly #rooms: Caller<RoomAdminContract>;
  readonly #members: Caller<typeof memberContract>;
  readonly #membership: Membership;
  readonly #deadlineMs: number;

  constructor({ bus, membership, deadlineMs: limit = deadlineMs }: LiveRoomsOptions) {
    this.#bus = bus;
    this.#opener = new RoomOpener({ bus, membership });
    this.#rooms = new Caller(bus, roomAdminContract);
    this.#members = new Caller(bus, memberContract);
    this.#membership = membership;
    this.#deadlineMs = limit;
  }

  /**
   * Asks the owner of a room.
   * @returns undefined: the room does not run
   * @throws PorticoError what the owner says; `unavailable` when it should run but no owner comes
   */
  async ask<M extends Method>(
    room: RoomId,
    method: M,
    params: Params<M>,
    { withinMs = this.#deadlineMs }: AskOptions = {},
  ): Promise<Output<RoomAdminContract, M> | undefined> {
    return await this.#ask(room, { method, params, withinMs }, () => this.#revive(room));
  }

  /**
   * Asks the owner of a room, which is opened for it when it does not run (OWT 7.3: recordings and streams in start it).
   * @throws PorticoError what the owner, or the agent that is to open the room, says; `unavailable`
   */
  async askOpened<M extends Method>(
    room: RoomId,
    method: M,
    params: Params<M>,
    { withinMs = this.#deadlineMs }: AskOptions = {},
  ): Promise<Output<RoomAdminContract, M>> {
    const answer = await this.#ask(room, { method, params, withinMs }, async () => {
      await this.#opener.open(room);
      return true;
    });
    if (answer === undefined) throw changing();
    return answer;
  }

  /** @param awaken called when nobody owns the room; false: it does not run, and nobody wants it to */
  async #ask<M extends Method>(
    room: RoomId,
    { method, params, withinMs }: { method: M; params: Params<M>; withinMs: number },
    awaken: () => Promise<boolean>,
  ): Promise<Output<RoomAdminContract, M> | undefined> {
    const limit = performance.now() + withinMs;
    const id = randomUUID();
    for (let refused = false; ;) {
      const timeoutMs = Math.max(1, Math.ceil(limit - performance.now()));
      try {
        return await this.#rooms.call(roomAddress(room), method, params, { timeoutMs, id });
      } catch (error) {
        if (!(error instanceof PorticoError) || !passing.has(error.code)) throw error;
        if (error.code === 'unavailable') {
          // The owner itself may say so, of an agent that it needs: the second time it is believed.
          const owned = await this.#bus.probe(roomAddress(room)).catch(() => false);
          if (owned && refused) throw error;
          refused = owned;
          if (!owned && !(await awaken())) return undefined;
        }
      }
      if (performance.now() + retryMs >= limit) throw changing();
      await pause(retryMs);
    }
  }

  /** Nobody owns the room: whether it should run all the same. Portals then open it by themselves. */
  async #revive(room: RoomId): Promise<boolean> {
    if (await this.#hasParticipants(room)) return true;
    if (!(await this.#isRecorded(room))) return false;
    await this.#opener.open(room);
    return true;
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

  /** Whether portals know of anybody inside. */
  async #hasParticipants(room: RoomId): Promise<boolean> {
    return await this.#anyKnows('portal', room, ({ participants }) => participants.length > 0);
  }

  /** Whether mixer agents record the room, send it somewhere, or fetch streams for it; or did, as others remember. */
  async #isRecorded(room: RoomId): Promise<boolean> {
    const goesOn = ({ egresses = [], ingresses = [], outside }: Inventory) =>
      egresses.length + ingresses.length > 0 || (outside !== undefined && isSomething(outside));
    const found = await Promise.all(
      (['mixer', 'conference'] as const).map((role) => this.#anyKnows(role, room, goesOn)),
    );
    return found.includes(true);
  }

  async #anyKnows(role: Role, room: RoomId, knows: (inventory: Inventory) => boolean): Promise<boolean> {
    const members = this.#membership.members(role);
    const found = await Promise.all(members.map(({ id }) => this.#memberKnows(id, room, knows)));
    return found.includes(true);
  }

  /** Who does not answer might. */
  async #memberKnows(
    member: MemberId,
    room: RoomId,
    knows: (inventory: Inventory) => boolean,
  ): Promise<boolean> {
    const options = { timeoutMs: inventoryMs };
    try {
      return knows(await this.#members.call(memberAddress(member), 'room.inventory', { room }, options));
    } catch (error) {
      return !(error instanceof PorticoError && error.code === 'unavailable');
    }
  }
}

const changing = (): PorticoError =>
  new PorticoError('unavailable', 'the room is changing its owner; try again', { retryAfterMs: 1_000 });
