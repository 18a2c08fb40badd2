import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Bus, Service } from '../../common/bus/bus.ts';
import { Caller, serveContract } from '../../common/bus/contract.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { compareOwners, Owners } from '../../common/cluster/owners.ts';
import { rendezvous } from '../../common/cluster/placement.ts';
import type { Cursor, Direction, Held } from '../../common/contract/client.ts';
import {
  memberContract,
  type Inventory,
  type Owner,
  type ParticipantRecord,
  type UsedToken,
} from '../../common/contract/cluster.ts';
import { conferenceContract, roomContract, type RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import {
  memberAddress,
  ParticipantId,
  roomAddress,
  TokenId,
  type MemberId,
  type RoomId,
} from '../../common/contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../../common/contract/log.ts';
import { concerns, positionOf } from '../../common/room-log/tail.ts';
import { portalContract } from '../../common/contract/portal.ts';
import type { Input, Output } from '../../common/contract/rpc.ts';
import { persistently, type ScriptedMember } from './scripted-calls.ts';

/** What a test says of a join; everything else is made up. */
export interface ScriptedJoin {
  id?: string;
  user?: string;
  role?: string;
  token?: string;
  /** When the token was issued, seconds. */
  iat?: number;
  /** Who signed it; default: the operator. */
  service?: string;
  requestId?: string;
  transports?: Direction[];
}

/** A participant of a scripted portal. */
export interface Guest {
  id: ParticipantId;
  portal: ScriptedPortal;
  joined: Output<RoomContract, 'join'>['result'];
  owner: Owner;
}

type ClientRequest = {
  [M in keyof RoomContract]: Input<RoomContract, M> extends { request: unknown } ? M : never;
}[keyof RoomContract];

/** An honest stand-in for a portal: keeps participants, tokens and what it was told; has rooms opened. */
export class ScriptedPortal {
  readonly id: MemberId;
  readonly owners = new Owners();
  /** Entries as they were delivered; repeated numbers are left out, as a portal does. */
  readonly log: { room: RoomId; owner: Owner; entry: LogEntry }[] = [];
  readonly dropped: { participant: ParticipantId; reason: string }[] = [];
  readonly participants = new Map<ParticipantId, ParticipantRecord>();
  /** Participants that have come back on another portal. */
  readonly released: ParticipantId[] = [];
  /** Records of those whose permission has changed. */
  readonly updated: ParticipantRecord[] = [];
  readonly tokens: UsedToken[] = [];
  readonly #bus: Bus;
  readonly #membership: Membership;
  readonly #rooms: Caller<RoomContract>;
  readonly #agents: Caller<typeof conferenceContract>;
  readonly #last = new Map<RoomId, { owner: Owner; seq: number }>();
  readonly #joinedAt = new Map<ParticipantId, { epoch: number; seq: number }>();
  #inventoryHold: Promise<void> | undefined;
  #service: Service | undefined;

  static async create(member: ScriptedMember): Promise<ScriptedPortal> {
    const portal = new ScriptedPortal(member);
    await portal.#serve();
    return portal;
  }

  private constructor({ bus, membership }: ScriptedMember) {
    this.id = membership.id;
    this.#bus = bus;
    this.#membership = membership;
    this.#rooms = new Caller(bus, roomContract);
    this.#agents = new Caller(bus, conferenceContract);
  }

  /** Joins, and keeps the participant and its token as a portal must. */
  async join(room: RoomId, join: ScriptedJoin = {}): Promise<Guest> {
    const user = join.user ?? 'user';
    const role = join.role ?? 'presenter';
    const exp = Math.floor(Date.now() / 1000) + 180;
    const token = {
      id: TokenId.parse(join.token ?? randomUUID()),
      exp,
      iat: join.iat ?? Math.floor(Date.now() / 1000),
      service: join.service ?? 'dev',
    };
    const { owner, result } = await this.call(room, 'join', {
      portal: this.id,
      participant: { id: ParticipantId.parse(join.id ?? randomUUID()), user, role },
      token: join.requestId === undefined ? token : { ...token, requestId: join.requestId },
      protocol: 'portico/1',
      transports: join.transports ?? ['send', 'recv'],
    });
    const { id, record, seq } = result;
    if (!this.#joinedAt.has(id)) this.#joinedAt.set(id, { epoch: owner.epoch, seq });
    this.participants.set(id, record);
    const used = { id: token.id, exp, participant: id, at: Date.now() };
    this.tokens.push(join.requestId === undefined ? used : { ...used, requestId: join.requestId });
    return { id, portal: this, joined: result, owner };
  }

  /** Takes a participant back by its ticket. */
  async relogin(
    room: RoomId,
    record: ParticipantRecord,
    back: {
      generation?: number;
      cursor?: Cursor;
      held?: Partial<z.input<typeof Held>>;
      transports?: Direction[];
      /** Such a client says neither what it has been told nor what it holds. */
      owt?: boolean;
    } = {},
  ): Promise<Output<RoomContract, 'relogin'>['result'] & { owner: Owner }> {
    const { generations, agent: _agent, lost: _lost, ...participant } = record;
    const { held } = back;
    const { owner, result } = await this.call(room, 'relogin', {
      portal: this.id,
      ticket: {
        participant,
        generation: back.generation ?? generations.newest,
        notAfter: Date.now() + 60_000,
      },
      ...(back.cursor === undefined ? {} : { cursor: back.cursor }),
      ...(held === undefined
        ? {}
        : { held: { transports: ['send'], publications: [], subscriptions: [], ...held } }),
      transports: back.transports ?? [],
      fresh: back.cursor === undefined && back.owt !== true,
    });
    this.participants.set(record.id, result.record);
    this.#joinedAt.set(record.id, { epoch: owner.epoch, seq: result.seq });
    return { ...result, owner };
  }

  /** The connection of a participant broke. */
  async detach(room: RoomId, participant: ParticipantId, returnWithinMs?: number): Promise<void> {
    const by = { participant, portal: this.id };
    const { result } = await this.call(room, 'detach', {
      by,
      ...(returnWithinMs === undefined ? {} : { returnWithinMs }),
    });
    const record = this.participants.get(participant);
    if (record !== undefined) this.participants.set(participant, { ...record, lost: result.lost });
  }

  /** A request of a participant. */
  async request<M extends ClientRequest>(
    room: RoomId,
    participant: ParticipantId,
    method: M,
    request: z.input<RoomContract[M]['input']>['request'],
  ): Promise<Output<RoomContract, M>['result']> {
    const params = { by: { participant, portal: this.id }, request };
    const answer = await this.call(room, method, params as z.input<RoomContract[M]['input']>);
    return answer.result;
  }

  async leave(room: RoomId, participant: ParticipantId): Promise<void> {
    this.participants.delete(participant);
    await this.call(room, 'leave', { by: { participant, portal: this.id }, reason: 'left' });
  }

  /** Calls the owner of a room; has it opened when nobody owns it. */
  async call<M extends keyof RoomContract>(
    room: RoomId,
    method: M,
    params: z.input<RoomContract[M]['input']>,
  ): Promise<Output<RoomContract, M>> {
    return await persistently(
      this.#bus,
      async (options) => {
        const answer = await this.#rooms.call(roomAddress(room), method, params, options);
        this.owners.accept(room, answer.owner);
        return answer;
      },
      () => this.open(room),
    );
  }

  /** Asks the conference agents in turn to open a room. */
  async open(room: RoomId): Promise<void> {
    for (const { id } of rendezvous(room, this.#membership.members('conference'))) {
      try {
        await this.#agents.call(memberAddress(id), 'room.open', { room });
        return;
      } catch (error) {
        const { code } = PorticoError.from(error);
        if (code === 'taken' || code === 'stale_owner') return;
        if (!['unavailable', 'closing', 'timeout', 'connection_lost'].includes(code)) throw error;
        const address = memberAddress(id);
        const gone = code === 'unavailable' && !(await this.#bus.probe(address).catch(() => true));
        if (gone) this.#membership.reportGone(id);
      }
    }
  }

  /** Notifications that reached a participant, in order: what its login answer reflects is not among them. */
  heard(participant: ParticipantId): LogEntry['event'][] {
    const since = this.#joinedAt.get(participant);
    return this.log
      .filter(({ owner, entry: { seq, to, except } }) => {
        const before = seq !== null && owner.epoch === since?.epoch && seq <= since.seq;
        return !before && (to === 'all' ? except?.includes(participant) !== true : to.includes(participant));
      })
      .map(({ entry }) => entry.event);
  }

  /** Inventories are not answered until the returned function is called. */
  holdInventory(): () => void {
    let release: () => void = () => undefined;
    this.#inventoryHold = new Promise((resolve) => (release = resolve));
    return () => {
      release();
    };
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  inventory(room: RoomId): Inventory {
    const seq = this.#last.get(room)?.seq;
    const log = this.#numbered(room);
    return {
      member: this.id,
      role: 'portal',
      participants: [...this.participants.values()],
      seats: [],
      publications: [],
      subscriptions: [],
      usedTokens: this.tokens,
      log,
      ...this.owners.memory(room),
      ...(seq === undefined ? {} : { seq }),
    };
  }

  #numbered(room: RoomId): StampedEntry[] {
    const of = this.log.filter((one) => one.room === room && one.entry.seq !== null);
    return of.map(({ owner: { epoch }, entry }) => ({ epoch, entry }));
  }

  async #serve(): Promise<void> {
    const handler = serveContract(
      { ...memberContract, ...portalContract },
      {
        'room.inventory': async ({ room }) => {
          await this.#inventoryHold;
          return this.inventory(room);
        },
        'room.owner': ({ room, owner, stored }) => {
          this.owners.announced(room, owner, stored);
          return {};
        },
        'room.remember': ({ room, owner, ...memory }) => {
          this.owners.remember(room, owner, memory);
          return {};
        },
        'room.deliver': ({ room, owner, entries }) => {
          this.owners.accept(room, owner);
          for (const entry of entries) this.#take(room, owner, entry);
          return {};
        },
        'participant.drop': ({ room, owner, participant, reason }) => {
          this.owners.accept(room, owner);
          this.participants.delete(participant);
          this.dropped.push({ participant, reason });
          return {};
        },
        'participant.release': ({ room, participant, cursor }) => {
          this.participants.delete(participant);
          this.released.push(participant);
          const concerned = this.#numbered(room).filter(({ entry }) => concerns(entry, participant));
          const entries =
            cursor === undefined ? [] : concerned.filter((one) => isAfter(positionOf(one), cursor));
          return { complete: true, entries };
        },
        'participant.update': ({ room, owner, record }) => {
          this.owners.accept(room, owner);
          const known = this.participants.get(record.id);
          const { permission, permittedAt } = record;
          const change = permittedAt === undefined ? { permission } : { permission, permittedAt };
          if (known !== undefined) this.participants.set(record.id, { ...known, ...change });
          this.updated.push(record);
          return {};
        },
        'participant.hint': () => ({}),
      },
    );
    this.#service = await this.#bus.serve(memberAddress(this.id), handler);
  }

  #take(room: RoomId, owner: Owner, entry: LogEntry): void {
    if (entry.seq !== null) {
      const last = this.#last.get(room);
      const order = last === undefined ? 1 : compareOwners(owner, last.owner);
      if (order < 0 || (order === 0 && entry.seq <= (last?.seq ?? 0))) return;
      this.#last.set(room, { owner, seq: entry.seq });
    }
    this.log.push({ room, owner, entry });
  }
}
