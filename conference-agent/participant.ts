import type { PortalParticipant } from '../common/contract/cluster.ts';
import type { MemberId, ParticipantId } from '../common/contract/ids.ts';
import type { Attributes, ParticipantInfo, Permission } from '../common/contract/media.ts';
import { SerialQueue } from '../common/lifecycle/serial-queue.ts';

/** A user inside a room. */
export class Participant {
  readonly id: ParticipantId;
  readonly user: string;
  readonly role: string;
  readonly attributes: Attributes | undefined;
  readonly joinedAt: number;
  permission: Permission;
  /** The portal that holds its signalling connection. */
  portal: MemberId;
  /** The access agent that holds its transports. */
  agent: MemberId | undefined;
  /** Its requests that need an agent, one after the other; other participants do not wait for them. */
  readonly queue = new SerialQueue();

  constructor(record: PortalParticipant, portal: MemberId) {
    this.id = record.id;
    this.user = record.user;
    this.role = record.role;
    this.attributes = record.attributes;
    this.permission = record.permission;
    this.joinedAt = record.joinedAt;
    this.portal = portal;
    this.agent = record.agent;
  }

  /** As other clients see it. */
  toInfo(): ParticipantInfo {
    const { id, user, role, attributes } = this;
    return attributes === undefined ? { id, user, role } : { id, user, role, attributes };
  }
}
