import type { z } from 'zod';
import type { Bus, CallOptions, Service } from '../../common/bus/bus.ts';
import { Caller, serveContract } from '../../common/bus/contract.ts';
import { Owners } from '../../common/cluster/owners.ts';
import { accessContract, type AccessContract } from '../../common/contract/access.ts';
import type { Direction } from '../../common/contract/client.ts';
import {
  memberContract,
  type Inventory,
  type Owner,
  type ParticipantRecord,
  type SubscriptionGrant,
} from '../../common/contract/cluster.ts';
import type { PublishedTrack } from '../../common/contract/published-track.ts';
import { roomContract, type RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import {
  memberAddress,
  ProducerId,
  roomAddress,
  RouterId,
  type MemberId,
  type ParticipantId,
  type RoomId,
  type StreamId,
  type SubscriptionId,
} from '../../common/contract/ids.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import type { Input } from '../../common/contract/rpc.ts';
import { CallScript, notScripted, persistently } from './scripted-calls.ts';
import type { HeldCall, ScriptedMember } from './scripted-calls.ts';

type Publication = Inventory['publications'][number];
type AccessMethod = keyof AccessContract;

const transport = (id: string) => ({
  id,
  iceParameters: { usernameFragment: 'u', password: 'p' },
  iceCandidates: [],
  dtlsParameters: { fingerprints: [{ algorithm: 'sha-256' as const, value: 'AA:BB' }] },
});

/**
 * An honest stand-in for an access agent: implements what a room's owner asks with plain maps, refuses stale owners, keeps
 * what inventories need, and records what it is told.
 */
export class ScriptedAccess {
  readonly id: MemberId;
  readonly router: RouterId;
  /** All calls in the order in which they were carried out. */
  readonly calls: { method: AccessMethod; params: unknown }[] = [];
  readonly owners = new Owners();
  readonly seats = new Map<ParticipantId, MemberId>();
  readonly records = new Map<ParticipantId, ParticipantRecord>();
  readonly publications = new Map<StreamId, Publication>();
  readonly subscriptions = new Map<SubscriptionId, SubscriptionGrant>();
  readonly #bus: Bus;
  readonly #rooms: Caller<RoomContract>;
  readonly #script = new CallScript();
  #service: Service | undefined;
  #produced = 0;

  static async create(member: ScriptedMember): Promise<ScriptedAccess> {
    const agent = new ScriptedAccess(member);
    await agent.#serve();
    return agent;
  }

  private constructor({ bus, membership }: ScriptedMember) {
    this.id = membership.id;
    this.router = RouterId.parse(`router-${this.id}`);
    this.#bus = bus;
    this.#rooms = new Caller(bus, roomContract);
  }

  /** What was asked of one method. */
  asked(method: AccessMethod): Record<string, unknown>[] {
    return this.calls.filter((call) => call.method === method).map(({ params }) => params as never);
  }

  /** The next call of this method waits for `release`. */
  hold(method: AccessMethod | 'room.inventory' | `answer ${string}`): HeldCall {
    return this.#script.hold(method);
  }

  /** The next call of this method is carried out, but its answer waits for `release`. */
  holdAnswer(method: AccessMethod | 'room.inventory'): HeldCall {
    return this.hold(`answer ${method}`);
  }

  /** The next call of this method fails. */
  fail(method: AccessMethod, error: PorticoError): void {
    this.#script.fail(method, error);
  }

  /** A participant produces tracks of a granted stream: all, or those of a kind. */
  async produce(room: RoomId, id: StreamId, kind?: Kind): Promise<void> {
    const publication = this.publications.get(id);
    if (publication === undefined) throw new PorticoError('grant_missing', `no grant for ${id}`);
    for (const track of publication.tracks) {
      if (kind !== undefined && track.type !== kind) continue;
      this.#produced += 1;
      const producer = ProducerId.parse(`${track.id}:${this.#produced}`);
      const format = { codec: track.type === 'audio' ? 'opus' : 'vp8' };
      Object.assign(track, { producer, router: this.router, format });
      await this.reportTrack(room, publication, track);
    }
  }

  async reportTrack(room: RoomId, publication: Publication, track: PublishedTrack): Promise<void> {
    const report = {
      agent: this.id,
      publication: publication.id,
      participant: publication.participant,
      track,
    };
    await this.report(room, 'trackAdded', report);
  }

  /** Sessions end here, and the room is told. */
  async end(
    room: RoomId,
    what: { seats?: ParticipantId[]; publications?: StreamId[]; subscriptions?: SubscriptionId[] },
    reason: SessionEndReason,
  ): Promise<void> {
    const { seats = [], publications = [], subscriptions = [] } = what;
    for (const id of seats) this.#closeSeat(id);
    for (const id of publications) this.publications.delete(id);
    for (const id of subscriptions) this.subscriptions.delete(id);
    await this.report(room, 'sessionsEnded', { agent: this.id, seats, publications, subscriptions, reason });
  }

  /** Reports to whoever owns the room. */
  async report<M extends 'trackAdded' | 'sessionsEnded' | 'speaking'>(
    room: RoomId,
    method: M,
    report: z.input<RoomContract[M]['input']>,
  ): Promise<void> {
    const call = (options: CallOptions) => this.#rooms.call(roomAddress(room), method, report, options);
    await persistently(this.#bus, call, () => Promise.resolve());
  }

  /** What it held is gone with it. */
  async close(): Promise<void> {
    this.seats.clear();
    this.publications.clear();
    this.subscriptions.clear();
    await this.#service?.close();
  }

  inventory(room: RoomId): Inventory {
    return {
      member: this.id,
      role: 'access',
      participants: [],
      seats: [...this.seats].map(([participant, portal]) => {
        const record = this.records.get(participant);
        return record === undefined ? { participant, portal } : { participant, portal, record };
      }),
      publications: [...this.publications.values()],
      subscriptions: [...this.subscriptions.values()],
      usedTokens: [],
      ...this.owners.memory(room),
    };
  }

  #closeSeat(participant: ParticipantId): void {
    this.seats.delete(participant);
    this.records.delete(participant);
    for (const { id, participant: owner } of this.publications.values()) {
      if (owner === participant) this.publications.delete(id);
    }
    for (const { id, participant: owner } of this.subscriptions.values()) {
      if (owner === participant) this.subscriptions.delete(id);
    }
  }

  async #serve(): Promise<void> {
    const serve = serveContract(
      { ...memberContract, ...accessContract },
      {
        ...notScripted(accessContract),
        ...this.#ownerCalls(),
        'room.inventory': ({ room }) => this.inventory(room),
        'room.owner': ({ room, owner, stored }) => {
          this.owners.announced(room, owner, stored);
          return {};
        },
        'room.remember': ({ room, owner, ...memory }) => {
          this.owners.remember(room, owner, memory);
          return {};
        },
      },
    );
    this.#service = await this.#bus.serve(memberAddress(this.id), this.#script.handler(serve));
  }

  #note<M extends AccessMethod>(method: M, params: Input<AccessContract, M> & { owner: Owner }): void {
    this.owners.accept(params.room, params.owner);
    this.calls.push({ method, params });
  }

  #ownerCalls() {
    const done = {};
    return {
      ...this.#sessionCalls(),
      'participant.open': (params: Input<AccessContract, 'participant.open'>) => {
        this.#note('participant.open', params);
        this.seats.set(params.participant, params.portal);
        if (params.record !== undefined) this.records.set(params.participant, params.record);
        const made = params.transports.map((direction: Direction) => {
          return [direction, transport(`${params.participant}-${direction}`)];
        });
        return { rtpCapabilities: { codecs: [] }, transports: Object.fromEntries(made) as object };
      },
      'participant.close': (params: Input<AccessContract, 'participant.close'>) => {
        this.#note('participant.close', params);
        this.#closeSeat(params.participant);
        return done;
      },
    };
  }

  #sessionCalls() {
    const done = {};
    return {
      'publication.open': (params: Input<AccessContract, 'publication.open'>) => {
        this.#note('publication.open', params);
        const { grant } = params;
        if (!this.seats.has(grant.participant)) throw new PorticoError('transport_not_found', 'no seat');
        const known = this.publications.get(grant.id);
        if (known !== undefined && known.participant !== grant.participant) {
          throw new PorticoError('stream_exists', grant.id);
        }
        const tracks = grant.tracks.map((track, index) => ({ ...known?.tracks[index], ...track }));
        this.publications.set(grant.id, { ...grant, tracks });
        return { transportId: `${grant.participant}-send` };
      },
      'publication.close': (params: Input<AccessContract, 'publication.close'>) => {
        this.#note('publication.close', params);
        if (!this.publications.delete(params.id)) throw new PorticoError('stream_not_found', params.id);
        return done;
      },
      'publication.control': (params: Input<AccessContract, 'publication.control'>) => {
        this.#note('publication.control', params);
        for (const track of this.publications.get(params.id)?.tracks ?? []) {
          if (params.data === 'av' || params.data === track.type) track.paused = params.operation === 'pause';
        }
        return done;
      },
      'subscription.open': (params: Input<AccessContract, 'subscription.open'>) => {
        this.#note('subscription.open', params);
        this.subscriptions.set(params.grant.id, params.grant);
        return { transportId: `${params.grant.participant}-recv` };
      },
      'subscription.close': (params: Input<AccessContract, 'subscription.close'>) => {
        this.#note('subscription.close', params);
        if (!this.subscriptions.delete(params.id)) {
          throw new PorticoError('subscription_not_found', params.id);
        }
        return done;
      },
      'subscription.control': (params: Input<AccessContract, 'subscription.control'>) => {
        this.#note('subscription.control', params);
        return done;
      },
    };
  }
}
