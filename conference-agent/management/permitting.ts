import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress } from '../../common/contract/ids.ts';
import type { PermissionChange } from '../../common/contract/management.ts';
import type { Permission } from '../../common/contract/media.ts';
import { portalContract } from '../../common/contract/portal.ts';
import type { Participant } from '../participant.ts';
import type { RoomCore } from '../room-core.ts';
import type { Seating } from '../seating.ts';
import type { StreamControl } from '../stream-control.ts';
import type { Subscribing } from '../subscribing.ts';

/** How long a portal may take to note it, ms. */
const noteMs = 1_000;

export interface PermittingParts {
  bus: Bus;
  seating: Seating;
  control: StreamControl;
  subscribing: Subscribing;
}

/** What participants may do, when that changes while they are inside. */
export class Permitting {
  readonly #core: RoomCore;
  readonly #parts: PermittingParts;
  readonly #portals: Caller<typeof portalContract>;

  constructor(core: RoomCore, parts: PermittingParts) {
    this.#core = core;
    this.#parts = parts;
    this.#portals = new Caller(parts.bus, portalContract);
  }

  /**
   * Changes the permission of one participant, which from then on does not follow its role any more. Resolves when what it
   * may no longer send or receive is closed, and its portal and agent keep the new permission.
   * @throws PorticoError of the agent that did not close it
   */
  async permit(participant: Participant, changes: readonly PermissionChange[]): Promise<void> {
    const permission = changes.reduce<Permission>(
      (before, { action, kind, value }) => ({ ...before, [action]: { ...before[action], [kind]: value } }),
      participant.permission,
    );
    // Later than any change before, also when clocks differ.
    participant.permittedAt = Math.max(Date.now(), (participant.permittedAt ?? 0) + 1);
    await this.#apply(participant, permission);
  }

  /** The roles may have changed: everybody gets the permission of its role, but those of whom management decided. */
  async follow(): Promise<void> {
    const { state, roomConfig, log } = this.#core;
    const settled = await Promise.allSettled(
      [...state.participants.values()].map(async (participant) => {
        const { permittedAt, role } = participant;
        // A role that is gone lets nobody in any more; whoever is inside stays what it was.
        const found = roomConfig.roles.find((candidate) => candidate.role === role);
        if (permittedAt !== undefined || found === undefined) return;
        const { role: _name, ...permission } = found;
        if (!isSame(permission, participant.permission)) await this.#apply(participant, permission);
      }),
    );
    for (const one of settled) {
      if (one.status === 'fulfilled') continue;
      const { code } = PorticoError.from(one.reason);
      log.warn({ room: state.id, code }, 'a permission is not in effect at an agent');
    }
  }

  async #apply(participant: Participant, permission: Permission): Promise<void> {
    const { state, log } = this.#core;
    const { id } = participant;
    participant.permission = permission;
    log.info({ room: state.id, participant: id, permission }, 'permission changed');
    const { control, subscribing } = this.#parts;
    // After all that it has asked for before: nothing that is on its way slips through.
    const enforced = participant.queue.run(async () => {
      if (state.participants.get(id) !== participant) return;
      await Promise.all([control.enforce(participant), subscribing.enforce(participant)]);
      await this.#noteAtAgent(participant);
    });
    await Promise.all([enforced, this.#noteAtPortal(participant)]);
  }

  async #noteAtPortal(participant: Participant): Promise<void> {
    const { state, owner, log } = this.#core;
    const { id, portal, stranded } = participant;
    if (stranded) return;
    try {
      const note = { room: state.id, owner, record: participant.toRecord() };
      await this.#portals.call(memberAddress(portal), 'participant.update', note, { timeoutMs: noteMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      log.warn({ room: state.id, participant: id, portal, code }, 'portal does not know the permission');
    }
  }

  /** The agent remembers it in case the portal is lost together with the owner. */
  async #noteAtAgent(participant: Participant): Promise<void> {
    const { state, log } = this.#core;
    if (participant.agent === undefined) return;
    try {
      await this.#parts.seating.open(participant, []);
    } catch (error) {
      const { code } = PorticoError.from(error);
      log.warn({ room: state.id, participant: participant.id, code }, 'agent does not know the permission');
    }
  }
}

/** Whether two permissions say the same; what is absent is no. */
function isSame(a: Permission, b: Permission): boolean {
  const text = ({ publish, subscribe, moderate }: Permission) =>
    [publish?.audio, publish?.video, subscribe?.audio, subscribe?.video, moderate].map(Boolean).join();
  return text(a) === text(b);
}
