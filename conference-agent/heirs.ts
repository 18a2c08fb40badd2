import type { Member, Membership } from '../common/cluster/membership.ts';
import type { Owners } from '../common/cluster/owners.ts';
import { rendezvous } from '../common/cluster/placement.ts';
import { isSomething } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, RoomId } from '../common/contract/ids.ts';
import { pause } from '../common/lifecycle/wait.ts';
import type { Logger } from '../common/observe/log.ts';

/** How long an owner may be out of reach, ms: its connection may be back in a moment. */
const graceMs = 200;
/** How long each agent has, before the next one tries it, ms. */
const turnMs = 1_000;

export interface HeirsOptions {
  membership: Membership;
  owners: Owners;
  open: (room: RoomId) => Promise<unknown>;
  log: Logger;
}

/**
 * Opens rooms whose owner is gone and which go on though nobody may be inside: they are recorded, or sent or fetched from
 * elsewhere. Of all others somebody asks who is inside.
 */
export class Heirs {
  readonly #options: HeirsOptions;
  readonly #closing = new AbortController();
  readonly #onLeft = ({ id, role }: Member) => {
    if (role !== 'conference') return;
    for (const room of this.#options.owners.ownedBy(id)) void this.#inherit(room, id);
  };

  constructor(options: HeirsOptions) {
    this.#options = options;
    options.membership.on('left', this.#onLeft);
  }

  close(): void {
    this.#options.membership.off('left', this.#onLeft);
    this.#closing.abort();
  }

  async #inherit(room: RoomId, lost: MemberId): Promise<void> {
    const { membership, owners, open, log } = this.#options;
    const self = membership.id;
    const own = { id: self, load: 0, draining: false };
    const order = rendezvous(room, [...membership.members('conference'), own]);
    await pause(graceMs + turnMs * order.findIndex(({ id }) => id === self), this.#closing.signal);
    const { owner, outside } = owners.memory(room);
    const goesOn = outside !== undefined && isSomething(outside);
    if (!goesOn || owner?.id !== lost || this.#closing.signal.aborted) return;
    await open(room).catch((error: unknown) => {
      log.info({ room, code: PorticoError.from(error).code }, 'room of a lost owner not opened');
    });
  }
}
