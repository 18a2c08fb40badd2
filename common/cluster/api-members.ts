import type { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import { Caller } from '../bus/contract.ts';
import { PorticoError } from '../contract/errors.ts';
import { memberAddress, type MemberId } from '../contract/ids.ts';
import { managementContract, type ManagementContract } from '../contract/management.ts';
import type { Output } from '../contract/rpc.ts';
import type { Member, Membership } from './membership.ts';

/** A cluster that had a management API this long ago still has one, ms: it may only be starting again. */
const expectedMs = 60_000;

export interface ApiMembersOptions {
  bus: Bus;
  membership: Pick<Membership, 'members' | 'reportGone' | 'on' | 'off'>;
}

/** The processes of the management API, as those see them who ask it something: any of them will do. */
export class ApiMembers {
  readonly #options: ApiMembersOptions;
  readonly #caller: Caller<ManagementContract>;
  readonly #onLeft = ({ role }: Member) => {
    if (role === 'api') this.#seenAt = performance.now();
  };
  /** When one was last known, ms (monotonic). */
  #seenAt: number | undefined;

  constructor(options: ApiMembersOptions) {
    this.#options = options;
    this.#caller = new Caller(options.bus, managementContract);
    options.membership.on('left', this.#onLeft);
    this.#look();
  }

  /** Whether one is known right now. */
  get present(): boolean {
    return this.#look();
  }

  /** Whether the cluster has one, even if it is out of reach at the moment. */
  get expected(): boolean {
    return this.#look() || performance.now() - (this.#seenAt ?? -Infinity) < expectedMs;
  }

  /** Whether there ever was one since this process started. */
  get known(): boolean {
    return this.#look() || this.#seenAt !== undefined;
  }

  /**
   * Asks one after the other.
   * @param timeoutMs for each of them
   * @throws PorticoError `too_large`, `bad_request`; `unavailable` when none can answer
   */
  async ask<M extends keyof ManagementContract>(
    method: M,
    params: z.input<ManagementContract[M]['input']>,
    timeoutMs = 1_000,
  ): Promise<Output<ManagementContract, M>> {
    let failure = new PorticoError('unavailable', 'no management API is running');
    for (const id of this.#order()) {
      try {
        return await this.#caller.call(memberAddress(id), method, params, { timeoutMs });
      } catch (error) {
        failure = PorticoError.from(error);
        // Nobody else would take it either.
        if (failure.code === 'too_large' || failure.code === 'bad_request') throw failure;
        if (failure.code === 'unavailable') await this.#check(id);
      }
    }
    throw new PorticoError('unavailable', 'the management API does not answer', {}, { cause: failure });
  }

  close(): void {
    this.#options.membership.off('left', this.#onLeft);
  }

  /** Those that are about to end come last; of the others any may be first. */
  #order(): MemberId[] {
    const all = this.#options.membership.members('api').map((member) => ({ member, rank: Math.random() }));
    const rank = ({ member, rank }: (typeof all)[number]) => (member.draining ? 1 + rank : rank);
    return all.sort((a, b) => rank(a) - rank(b)).map(({ member }) => member.id);
  }

  /** Its own answer, or nobody serves its address any more. */
  async #check(id: MemberId): Promise<void> {
    const { bus, membership } = this.#options;
    const served = await bus.probe(memberAddress(id)).catch(() => true);
    if (!served) membership.reportGone(id);
  }

  #look(): boolean {
    const present = this.#options.membership.members('api').length > 0;
    if (present) this.#seenAt = performance.now();
    return present;
  }
}
