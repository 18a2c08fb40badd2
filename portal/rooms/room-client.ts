import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import { rendezvous } from '../../common/cluster/placement.ts';
import { conferenceContract, roomContract } from '../../common/contract/conference.ts';
import type { ConferenceContract, RoomContract } from '../../common/contract/conference.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, roomAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { backoff, pause, within } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { PortalMetrics } from '../metrics.ts';

export interface RoomClientOptions {
  bus: Bus;
  membership: Pick<Membership, 'members' | 'reportGone'>;
  owners: Owners;
  metrics: Pick<PortalMetrics, 'roomOpened'>;
  log: Logger;
  /** Deadline of a request that names none, ms: long enough that a change of owner stays unseen. */
  timeoutMs?: number;
  /** How long one attempt may take before the same call is repeated, ms: its owner may hang. */
  attemptMs?: number;
}

interface CallLimits {
  timeoutMs?: number;
}

/** Calls the owner of a room, whoever that is, and has the room opened when nobody is. */
export class RoomClient {
  readonly #options: RoomClientOptions;
  readonly #rooms: Caller<RoomContract>;
  readonly #agents: Caller<ConferenceContract>;
  readonly #timeoutMs: number;
  readonly #attemptMs: number;
  readonly #opening = new Map<RoomId, Promise<void>>();
  /** How often an owner has asked what this portal knows of a room. */
  readonly #surveys = new Map<RoomId, number>();
  /** Attempts under way: what the old owner was asked will not be answered, so the next one is asked at once. */
  readonly #attempts = new Map<RoomId, Set<(error: PorticoError) => void>>();

  constructor(options: RoomClientOptions) {
    this.#options = options;
    this.#rooms = new Caller(options.bus, roomContract);
    this.#agents = new Caller(options.bus, conferenceContract);
    this.#timeoutMs = options.timeoutMs ?? 8_000;
    this.#attemptMs = options.attemptMs ?? 3_000;
    options.owners.onSuccession((room) => {
      for (const abandon of this.#attempts.get(room) ?? []) {
        abandon(new PorticoError('connection_lost', `the owner of room '${room}' changed during the call`));
      }
    });
  }

  /**
   * Calls a method of the room's owner. A repetition keeps the id of the call when the first one may have been handled, so
   * that an owner handles it once.
   * @throws PorticoError of the room; `unavailable` or `timeout` when the room could not be reached within the deadline.
   */
  async call<M extends keyof RoomContract>(
    room: RoomId,
    method: M,
    params: z.input<RoomContract[M]['input']>,
    limits: CallLimits = {},
  ): Promise<Output<RoomContract, M>> {
    let id = randomUUID();
    const entering = method === 'join' || method === 'relogin';
    const deadline = performance.now() + (limits.timeoutMs ?? this.#timeoutMs);
    for (let attempt = 0; ; attempt += 1) {
      const remainingMs = Math.ceil(deadline - performance.now());
      const surveys = this.#surveys.get(room);
      try {
        const timeoutMs = Math.max(1, Math.min(remainingMs, this.#attemptMs));
        const call = this.#rooms.call(roomAddress(room), method, params, { id, timeoutMs });
        const answer = await this.#unlessSucceeded(room, call);
        this.#note(room, answer);
        if (entering && this.#surveys.get(room) !== surveys) throw outdated(room);
        return answer;
      } catch (error) {
        const failure = PorticoError.from(error);
        // An answer, also a refusal, is remembered under the id: only a call whose fate is unknown is asked for again.
        if (failure.code !== 'timeout' && failure.code !== 'connection_lost') id = randomUUID();
        await this.#recover(room, failure, { attempt, deadline });
      }
    }
  }

  /**
   * An owner has asked what this portal knows of a room. Somebody who was just being let in was not in the answer: whoever
   * is the owner then has to be asked again.
   */
  surveyed(room: RoomId): void {
    this.#surveys.set(room, (this.#surveys.get(room) ?? 0) + 1);
  }

  /** Nothing of the room is left here. */
  forget(room: RoomId): void {
    this.#surveys.delete(room);
  }

  /** Waits for an answer, but no longer than the owner that was asked is the owner. */
  async #unlessSucceeded<T>(room: RoomId, call: Promise<T>): Promise<T> {
    const attempts = this.#attempts.get(room) ?? new Set();
    this.#attempts.set(room, attempts);
    let abandon: (error: PorticoError) => void = () => undefined;
    const succeeded = new Promise<never>((_resolve, reject) => {
      abandon = reject;
    });
    attempts.add(abandon);
    try {
      return await Promise.race([call, succeeded]);
    } finally {
      attempts.delete(abandon);
      if (attempts.size === 0) this.#attempts.delete(room);
    }
  }

  /**
   * Has the room opened by a conference agent; somebody else having done so is as good. Simultaneous calls share one try.
   * @throws PorticoError `room_not_found` and the like when the room cannot be, `unavailable` when no agent could.
   */
  open(room: RoomId): Promise<void> {
    const running = this.#opening.get(room);
    if (running !== undefined) return running;
    const opening = this.#open(room).finally(() => this.#opening.delete(room));
    this.#opening.set(room, opening);
    return opening;
  }

  /** Makes the next attempt worth while, or throws what the caller is to see. */
  async #recover(
    room: RoomId,
    error: PorticoError,
    { attempt, deadline }: { attempt: number; deadline: number },
  ): Promise<void> {
    // Without a bus of our own nothing passes any more.
    if (!isPassing(error) || this.#options.bus.state === 'closed') throw error;
    let cause = error;
    if (error.code === 'unavailable') {
      try {
        await within(this.open(room), Math.max(1, deadline - performance.now()), () => error);
        if (attempt === 0) return;
      } catch (refusal) {
        cause = PorticoError.from(refusal);
        if (!isPassing(cause)) throw cause;
      }
    }
    const waitMs = backoff(attempt, { baseMs: 40, maxMs: 500 }) + 10;
    if (performance.now() + waitMs >= deadline) throw cause;
    await pause(waitMs);
  }

  async #open(room: RoomId): Promise<void> {
    const { membership, log, metrics } = this.#options;
    let failure = new PorticoError('unavailable', 'no conference agent is running');
    for (const { id } of rendezvous(room, membership.members('conference'))) {
      try {
        const answer = await this.#agents.call(
          memberAddress(id),
          'room.open',
          { room },
          { timeoutMs: this.#attemptMs },
        );
        this.#options.owners.accept(room, answer.owner);
        metrics.roomOpened();
        log.info({ room, owner: id }, 'room opened');
        return;
      } catch (error) {
        failure = PorticoError.from(error);
        if (failure.code === 'taken' || failure.code === 'stale_owner') return;
        if (!isPassing(failure)) throw failure;
        if (failure.code === 'unavailable') await this.#check(id);
      }
    }
    throw failure;
  }

  /** The agent cannot open the room right now, or it is gone itself. */
  async #check(agent: MemberId): Promise<void> {
    const { bus, membership } = this.#options;
    const served = await bus.probe(memberAddress(agent)).catch(() => true);
    if (!served) membership.reportGone(agent);
  }

  /** @throws PorticoError `stale_owner` when the answer comes from an owner that was succeeded. */
  #note(room: RoomId, { owner }: { owner: Owner }): void {
    this.#options.owners.accept(room, owner);
  }
}

const outdated = (room: RoomId): PorticoError =>
  new PorticoError('connection_lost', `room '${room}' was put together anew during the call`);

/** Whether the same call may succeed with the next owner, or the same one a moment later. */
function isPassing({ code }: PorticoError): boolean {
  return (
    code === 'unavailable' ||
    code === 'timeout' ||
    code === 'connection_lost' ||
    code === 'stale_owner' ||
    code === 'closing' ||
    code === 'taken'
  );
}
