import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import type { Bus, CallOptions } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import type { Member, Membership } from '../common/cluster/membership.ts';
import type { Prober } from '../common/cluster/prober.ts';
import type { Owner, Role } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, RoomId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import type { Contract, Input, Output } from '../common/contract/rpc.ts';
import { pause } from '../common/lifecycle/wait.ts';

/** What only the owner of a room may call. */
type OwnerMethod<C extends Contract> = {
  [M in keyof C]: Input<C, M> extends { owner: Owner } ? M : never;
}[keyof C] &
  string;

type Params<C extends Contract, M extends OwnerMethod<C>> = Omit<Input<C, M>, 'room' | 'owner'>;

/**
 * How long an agent is unreachable before it counts as lost, ms: the second probe in a row that finds it unserved. One
 * alone may be a connection that broke and is back in a moment, with all the media still there.
 */
const graceMs = 200;
/** How often a call to an agent that may only have lost its connection is repeated, ms. */
const retryMs = 50;

export interface AgentsOptions<C extends Contract> {
  /** Of the agents meant. */
  role: Role;
  contract: C;
  room: RoomId;
  owner: Owner;
  bus: Bus;
  membership: Membership;
  prober: Prober;
  /** A member knows a newer owner of this room. */
  onStale: () => void;
  /** An agent that the room used is gone. */
  onLost: (agent: MemberId) => void;
}

interface CallLimits extends Pick<CallOptions, 'timeoutMs'> {
  lost: AbortSignal | undefined;
}

interface Watched {
  unwatch: () => void;
  /** Ends calls that wait for an answer which will never come. */
  lost: AbortController;
}

/** The agents of one role as one room sees them: calls in the name of the owner, and their loss. */
export class Agents<C extends Contract> {
  readonly #options: AgentsOptions<C>;
  readonly #caller: Caller<C>;
  readonly #watched = new Map<MemberId, Watched>();
  #stopped = false;

  constructor(options: AgentsOptions<C>) {
    this.#options = options;
    this.#caller = new Caller(options.bus, options.contract);
  }

  /**
   * Those that work may be given to.
   * @param except agents that have just refused
   * @throws PorticoError `unavailable` when the room is no longer owned here.
   */
  candidates(except: ReadonlySet<MemberId>): Member[] {
    this.#checkOwned();
    const { membership, role } = this.#options;
    return membership.members(role).filter(({ id }) => !except.has(id));
  }

  /** Whether the agent is in the cluster as far as is known. */
  knows(agent: MemberId): boolean {
    return this.#options.membership.get(agent) !== undefined;
  }

  /**
   * Calls an agent in the name of the room's owner.
   * @throws PorticoError of the agent; `unavailable` as soon as it is gone.
   */
  async call<M extends OwnerMethod<C>>(
    agent: MemberId,
    method: M,
    params: Params<C, M>,
    options?: Pick<CallOptions, 'timeoutMs'>,
  ): Promise<Output<C, M>> {
    const { onStale } = this.#options;
    for (let answered = 0; ;) {
      const lost = this.#watched.get(agent)?.lost.signal;
      try {
        return await this.#try(agent, method, params, { ...options, lost });
      } catch (error) {
        const { code } = PorticoError.from(error);
        if (code === 'stale_owner') onStale();
        if (code !== 'unavailable' || lost === undefined || lost.aborted) throw error;
        // Served and yet unavailable: it came back just now, or that is the agent's own answer.
        if (await this.#isServed(agent)) answered += 1;
        if (answered > 1) throw error;
        await pause(retryMs, lost);
      }
    }
  }

  /** When it is not, it may come back with all it holds, until it counts as lost. */
  async #isServed(agent: MemberId): Promise<boolean> {
    const { bus, membership } = this.#options;
    // While our own connection is broken the next call waits for it.
    const served = await bus.probe(memberAddress(agent)).catch(() => bus.state === 'closed');
    if (!served) membership.reportGone(agent);
    return served;
  }

  async #try<M extends OwnerMethod<C>>(
    agent: MemberId,
    method: M,
    params: Params<C, M>,
    { lost, ...options }: CallLimits,
  ): Promise<Output<C, M>> {
    const { room, owner } = this.#options;
    this.#checkOwned();
    const stamped = { ...params, room, owner } as unknown as z.input<C[M]['input']>;
    const answer = this.#caller.call(memberAddress(agent), method, stamped, options);
    if (lost === undefined) return await answer;
    return await unlessAborted(answer, lost, () => new PorticoError('unavailable', `agent ${agent} is gone`));
  }

  #checkOwned(): void {
    if (this.#stopped)
      throw new PorticoError('unavailable', `room '${this.#options.room}' is no longer owned`);
  }

  /** Looks after an agent that this room uses. */
  watch(agent: MemberId): void {
    if (this.#watched.has(agent) || this.#stopped) return;
    const { prober } = this.#options;
    const gone = () => {
      this.lost(agent);
    };
    const unwatch = prober.watch(memberAddress(agent), gone, graceMs);
    const lost = new AbortController();
    setMaxListeners(0, lost.signal);
    this.#watched.set(agent, { unwatch, lost });
  }

  /** An agent is gone, whoever noticed: calls end, and the room hears of it once. */
  lost(agent: MemberId): void {
    const watched = this.#watched.get(agent);
    if (watched === undefined) return;
    this.#watched.delete(agent);
    watched.unwatch();
    this.#options.membership.reportGone(agent);
    watched.lost.abort();
    this.#options.onLost(agent);
  }

  /** Nothing is done in the name of the room any more; calls that wait for an answer end. */
  stop(): void {
    this.#stopped = true;
    for (const { unwatch, lost } of this.#watched.values()) {
      unwatch();
      lost.abort();
    }
    this.#watched.clear();
  }
}

/** The outcome of a promise, or the error as soon as the signal aborts. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, error: () => Error): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(error());
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
