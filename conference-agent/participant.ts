import type { Protocol } from '../common/contract/client.ts';
import type { Generations, ParticipantRecord } from '../common/contract/cluster.ts';
import type { MemberId, ParticipantId, TokenId } from '../common/contract/ids.ts';
import type { Attributes, ParticipantInfo, Permission } from '../common/contract/media.ts';
import { SerialQueue } from '../common/lifecycle/serial-queue.ts';

/** A user inside a room. */
export class Participant {
  readonly id: ParticipantId;
  readonly user: string;
  readonly role: string;
  readonly attributes: Attributes | undefined;
  readonly joinedAt: number;
  /** The token it joined with. */
  readonly token: TokenId;
  /** The service that signed it. */
  readonly service: string | undefined;
  readonly protocol: Protocol;
  permission: Permission;
  /** When management changed it, ms: since then it does not follow the role. */
  permittedAt: number | undefined;
  /** Which of its reconnection tickets are good. */
  generations: Generations;
  /** Set while its signalling connection is gone and its place is kept. */
  lost: ParticipantRecord['lost'];
  /** The portal that holds its signalling connection, or held it last. */
  portal: MemberId;
  /** That portal is gone, too: nobody can tell it anything until it is back on another one. */
  stranded = false;
  /** The access agent that holds its transports. */
  agent: MemberId | undefined;
  /** Its requests that need an agent, one after the other; other participants do not wait for them. */
  readonly queue = new SerialQueue();

  constructor(record: ParticipantRecord, portal: MemberId) {
    this.id = record.id;
    this.user = record.user;
    this.role = record.role;
    this.attributes = record.attributes;
    this.token = record.token;
    this.protocol = record.protocol;
    this.service = record.service;
    this.permission = record.permission;
    this.permittedAt = record.permittedAt;
    this.joinedAt = record.joinedAt;
    this.generations = record.generations;
    this.lost = record.lost;
    this.portal = portal;
    this.agent = record.agent;
  }

  /** As its portal and its agent keep it. */
  toRecord(): ParticipantRecord {
    const { id, user, role, permission, joinedAt, token, protocol, generations } = this;
    const { attributes, service, permittedAt, agent, lost } = this;
    return {
      id,
      user,
      role,
      permission,
      joinedAt,
      token,
      protocol,
      generations,
      ...(attributes === undefined ? {} : { attributes }),
      ...(service === undefined ? {} : { service }),
      ...(permittedAt === undefined ? {} : { permittedAt }),
      ...(agent === undefined ? {} : { agent }),
      ...(lost === undefined ? {} : { lost }),
    };
  }

  /** Another record of it may know of a later change of its permission. */
  learn({ permission, permittedAt }: Pick<ParticipantRecord, 'permission' | 'permittedAt'>): void {
    if (permittedAt === undefined || permittedAt <= (this.permittedAt ?? 0)) return;
    this.permission = permission;
    this.permittedAt = permittedAt;
  }

  /** As other clients see it. */
  toInfo(): ParticipantInfo {
    const { id, user, role, attributes, lost } = this;
    return {
      id,
      user,
      role,
      ...(attributes === undefined ? {} : { attributes }),
      ...(lost === undefined ? {} : { connection: 'lost' }),
    };
  }
}
